import {setImmediate as nextTurn} from 'node:timers/promises';
import type {PageCopy} from '../metrics/slot-page.js';
import {workInSlices} from './sliced-work.js';

/** What a {@link SlicedPage} is made of. */
export interface SlicedPageOptions {
  /** Brings what pages are made of up to this moment. */
  readonly gather: () => void;
  /** Lays out what was added or taken away, in steps. */
  readonly prepare: () => Iterator<void>;
  /** Gathers, and reads the values of this moment: the copy's steps write them. */
  readonly copy: () => PageCopy;
  /** Told of each page: its bytes, and the milliseconds for which the main thread worked on it. */
  readonly made: (bytes: number, durationMs: number) => void;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
}

/**
 * Makes pages of one format that are too long to be made at once. One is under way at most, and one waits for its end, which
 * all share that ask meanwhile: however many ask, two pages are the most that is held and made for them.
 */
export class SlicedPage {
  readonly #options: SlicedPageOptions;
  /** The page under way. */
  #present: Promise<Uint8Array> | undefined;
  /** The page after it, whose moment is yet to come. */
  #next: Promise<Uint8Array> | undefined;

  constructor(options: SlicedPageOptions) {
    this.#options = options;
  }

  /** Whether a page is under way: it lays out itself what the next one is to show. */
  get isBusy(): boolean {
    return this.#present !== undefined || this.#next !== undefined;
  }

  /** The page of a moment after this call, in bytes that nobody writes to any more; others may have been given the same. */
  make(): Promise<Uint8Array> {
    if (!this.isBusy) return this.#start();
    this.#next ??= this.#startAfter(this.#present);
    return this.#next;
  }

  async #startAfter(present: Promise<unknown> | undefined): Promise<Uint8Array> {
    // Who asked for it is told what became of it.
    await present?.catch(() => {});
    const page = this.#start();
    this.#next = undefined;
    return page;
  }

  #start(): Promise<Uint8Array> {
    const page = this.#make().finally(() => {
      this.#present = undefined;
    });
    this.#present = page;
    return page;
  }

  async #make(): Promise<Uint8Array> {
    const {gather, prepare, copy, made, now} = this.#options;
    // Of this turn, others have used some: a request is read and lines are laid out in it.
    await nextTurn();
    // Most of what is to be gathered, in a turn of its own: what comes until the reading is little.
    gather();
    await nextTurn();
    // What came while the page before was made.
    await workInSlices(prepare(), now);
    const start = now();
    const {steps, sink} = copy();
    let durationMs = now() - start;
    const next = () => {
      const stepStart = now();
      const result = steps.next();
      durationMs += now() - stepStart;
      return result;
    };
    // The reading was the slice of its turn.
    await nextTurn();
    await workInSlices({next}, now);
    made(sink.body.length, durationMs);
    return sink.body;
  }
}
