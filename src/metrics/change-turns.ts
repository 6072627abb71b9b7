/** Values that share a turn are `2 ** STRETCH_SHIFT`: a page looks at all lines of a block where one of them has changed. */
const STRETCH_SHIFT = 6;

/**
 * When values of the totals last changed, in turns of those who read them. Each reading ends a turn; who remembers which that
 * was finds out by a few comparisons a block of lines that nothing there has changed since, which most of a page's lines
 * haven't between two scrapes (bench/http, 1 MB page).
 */
export class ChangeTurns {
  /** By stretch of values: the turn in which one of them changed last. */
  #turns = new Uint32Array(16);
  #now = 1;

  /** The present turn. */
  get now(): number {
    return this.#now;
  }

  /** By {@link stretchOf} a value. Replaced by a longer copy when values are more: don't keep it. */
  get turns(): Uint32Array {
    return this.#turns;
  }

  /** The value at that place has changed. */
  note(place: number): void {
    this.#turns[stretchOf(place)] = this.#now;
  }

  /** Makes room for so many values. */
  grow(valueCount: number): void {
    const turns = this.#turns;
    this.#turns = new Uint32Array(Math.max(turns.length, stretchOf(valueCount) + 1));
    this.#turns.set(turns);
  }

  /** Ends the turn; what changes from now on is later. Returns the turn that has ended. */
  end(): number {
    return this.#now++;
  }

  /** True where a value of these stretches has changed after that turn had ended. */
  isLater(stretches: Uint32Array, turn: number): boolean {
    const turns = this.#turns;
    for (let i = 0; i < stretches.length; i++) {
      if (turns[stretches[i]!]! > turn) return true;
    }
    return false;
  }
}

/** The stretch of the value at a place. */
export function stretchOf(place: number): number {
  return place >>> STRETCH_SHIFT;
}

/** The stretches, each once, in which values stand: as many from each of the places on. */
export function stretchesOf(places: Uint32Array, valueCount: number): Uint32Array {
  const stretches = new Set<number>();
  for (const place of places) {
    for (let stretch = stretchOf(place); stretch <= stretchOf(place + valueCount - 1); stretch++) {
      stretches.add(stretch);
    }
  }
  return Uint32Array.from(stretches);
}
