import type {Row} from './row.js';

/** Signals whose refusal is remembered. Of an older one an analysis that comes later still is kept, without its signal. */
export const REFUSED_SIGNALS_MAX = 10_000;

/** Remembers the signals that were refused for lack of room: their analyses, small as they are, are refused with them. */
export class RefusedSignals {
  /** Oldest first; at most {@link REFUSED_SIGNALS_MAX}. */
  readonly #ids = new Set<string>();

  /** Told of a row that was refused; all but signals are none of its business. */
  refuse({kind, id}: Row): void {
    if (kind !== 'signal') return;
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > REFUSED_SIGNALS_MAX && oldest !== undefined) this.#ids.delete(oldest);
  }

  /** Told of a row that was taken: of a signal that had been refused before, an analysis is welcome again. */
  take({kind, id}: Row): void {
    if (kind === 'signal') this.#ids.delete(id);
  }

  /** Whether a row is about a signal that was refused. */
  concern({kind, id}: Row): boolean {
    return kind === 'analysis' && this.#ids.has(id);
  }
}
