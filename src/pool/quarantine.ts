import type {RunawayReason} from '../metrics/catalogue.js';

/** Ends in a row after which a trader is kept from the workers for a while. */
export const ENDS_IN_A_ROW_MAX = 3;

/** Milliseconds of the first pause. Each try that ends the same way doubles it. */
export const PAUSE_MS_MIN = 60_000;

/** Milliseconds of the longest pause: a trader that was mended elsewhere is back within the hour. */
export const PAUSE_MS_MAX = 3_600_000;

/** A trader whose filter has ended workers, and nothing but that, lately. */
interface Suspect {
  /** Another code is another filter, which has done nothing yet. */
  readonly code: string;
  readonly endsInARow: number;
  readonly lastReason: RunawayReason;
  /** 0 for one that isn't quarantined. */
  readonly pauseMs: number;
  /** On the quarantine's clock; the trader is tried again from then on. */
  readonly untilMs: number;
}

/** Keeps traders whose filters end their workers time and again from doing so at every screening. */
export class Quarantine {
  /** Milliseconds of a clock that never steps back. */
  readonly #now: () => number;
  /** By trader id: traders whose last run ended its worker. */
  readonly #suspects = new Map<string, Suspect>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Why the trader isn't to be run now; undefined where it may run. The same text throughout one pause. */
  refusal(traderId: string, code: string): string | undefined {
    const suspect = this.#suspectOf(traderId, code);
    if (suspect === undefined || this.#now() >= suspect.untilMs) return undefined;
    return textOf(suspect);
  }

  /**
   * Notes that the trader's filter has ended its worker.
   * @returns What to tell an operator, where that begins or lengthens a quarantine.
   */
  ended(traderId: string, code: string, lastReason: RunawayReason): string | undefined {
    const before = this.#suspectOf(traderId, code);
    const endsInARow = (before?.endsInARow ?? 0) + 1;
    const isLast = endsInARow >= ENDS_IN_A_ROW_MAX;
    const pauseMs = isLast ? pauseAfter(before?.pauseMs ?? 0) : 0;
    const untilMs = isLast ? this.#now() + pauseMs : 0;
    const suspect = {code, endsInARow, lastReason, pauseMs, untilMs};
    this.#suspects.set(traderId, suspect);
    return isLast ? textOf(suspect) : undefined;
  }

  /** Clears a trader that has run to its end, or that is gone. */
  clear(traderId: string): void {
    this.#suspects.delete(traderId);
  }

  #suspectOf(traderId: string, code: string): Suspect | undefined {
    const suspect = this.#suspects.get(traderId);
    if (suspect === undefined || suspect.code === code) return suspect;
    this.#suspects.delete(traderId);
    return undefined;
  }
}

function pauseAfter(pauseMs: number): number {
  return Math.min(Math.max(PAUSE_MS_MIN, 2 * pauseMs), PAUSE_MS_MAX);
}

function textOf({endsInARow, lastReason, pauseMs}: Suspect): string {
  const ends = `${endsInARow} ends of its worker in a row, the last by ${lastReason}`;
  return `Quarantined for ${pauseMs / 1_000} s after ${ends}`;
}
