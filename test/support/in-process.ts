import {type Declaration, decodeDeclaration, decodeDelta} from '../../src/metrics/delta.js';
import {Recorder, type RecorderOptions} from '../../src/metrics/recorder.js';
import {Source, type SourceWatch} from '../../src/metrics/source.js';
import {TextPage} from '../../src/metrics/text-page.js';
import {Totals} from '../../src/metrics/totals.js';

/** What a source complained of. */
export interface Complaints extends SourceWatch {
  readonly refused: string[];
  readonly dropped: string[];
  readonly droppedExemplars: string[];
  readonly warned: string[];
}

/** Remembers every complaint. */
export function newComplaints(): Complaints {
  const refused: string[] = [];
  const dropped: string[] = [];
  const droppedExemplars: string[] = [];
  const warned: string[] = [];
  return {
    refused,
    dropped,
    droppedExemplars,
    warned,
    refusedMessage: what => refused.push(what),
    droppedSamples: reason => dropped.push(reason),
    droppedExemplar: reason => droppedExemplars.push(reason),
    warn: line => warned.push(line),
  };
}

/** A writer whose messages cross the wire in the same form as a worker's, and arrive when the test says so. */
export class InProcessWriter {
  readonly recorder: Recorder;
  readonly source: Source;
  readonly #inbox: unknown[] = [];
  /** What the writer's control memory says. */
  #posted = 0;
  #retired = 0;

  constructor(totals: Totals, rank: number, watch: SourceWatch, options: RecorderOptions = {}) {
    this.source = new Source(totals, {rank, watch});
    const declare = (message: Declaration) => {
      this.#inbox.push(message);
      if (message.kind === 'retire') this.#retired++;
    };
    const deltas = (buffer: ArrayBuffer, sequence: number) => {
      this.#inbox.push(buffer);
      this.#posted = sequence;
    };
    this.recorder = new Recorder({declare, deltas}, options);
  }

  /** Lets the hub read the ledger, as each scrape does. */
  sample(): void {
    this.source.sample({posted: () => this.#posted, retired: () => this.#retired});
  }

  /** Lets up to `count` of the posted messages arrive, in order. */
  deliver(count = Number.POSITIVE_INFINITY): void {
    for (const message of this.#inbox.splice(0, count)) {
      const decoded =
        message instanceof ArrayBuffer ? decodeDelta(message) : decodeDeclaration(message);
      if (typeof decoded === 'string') throw new Error(decoded);
      if ('sequence' in decoded) this.source.merge(decoded);
      else this.source.accept(decoded);
    }
  }

  /** Dies as a thread does: what was posted arrives, then the port closes. */
  die(): void {
    this.deliver();
    this.source.settle();
  }
}

/** Totals with their page and any number of writers. */
export class InProcessHub {
  readonly totals: Totals;
  readonly complaints = newComplaints();
  readonly #page: TextPage;

  constructor(seriesPerFamilyMax?: number, now?: () => number) {
    this.totals = new Totals(seriesPerFamilyMax, now);
    this.#page = new TextPage(this.totals);
  }

  newWriter(rank = 0, options: RecorderOptions = {}): InProcessWriter {
    return new InProcessWriter(this.totals, rank, this.complaints, options);
  }

  /** The page. */
  wholeText(): string {
    return new TextDecoder().decode(this.#page.render());
  }

  /** The page without the family in which every writer counts its drops. */
  text(): string {
    return this.wholeText()
      .split('\n')
      .filter(line => !line.includes('hub_samples_dropped_total'))
      .join('\n');
  }
}
