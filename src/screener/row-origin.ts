import {Marking} from './marking.js';

/** Whom a row's numbers can be asked of. */
export interface NumberSource {
  /** The number of candle `index` at a row's position `field`; undefined where it isn't at hand. */
  numberAt(index: number, field: number): number | undefined;
}

/**
 * Notes on a row which candle it was built of, where nobody but this class can see it: an ordinary property could be listed.
 * In a worker a fifth of a screening was `parseFloat()` of texts that had been written from a number a moment ago: 50 to 60 ns
 * each, where asking for the number takes 10 to 15.
 */
class RowOrigin extends Marking {
  readonly #source: NumberSource;
  readonly #index: number;

  constructor(row: object, source: NumberSource, index: number) {
    super(row);
    this.#source = source;
    this.#index = index;
  }

  static numberOf(row: unknown, field: number): number | undefined {
    if (typeof row !== 'object' || row === null || !(#index in row)) return undefined;
    return row.#source.numberAt(row.#index, field);
  }
}

/** Notes which candle a row tells. The row may be frozen. */
export function noteOrigin(row: object, source: NumberSource, index: number): void {
  new RowOrigin(row, source, index);
}

/**
 * `parse(row[field])`, without parsing where `parse` is `parseFloat` or `Number` and the number is known.
 * @param field The position of a text.
 */
export function parsedField(parse: unknown, row: unknown, field: number): unknown {
  // Those of the realm that this module is loaded into, as the filter's are.
  if (parse === Number.parseFloat || parse === Number) {
    const number = RowOrigin.numberOf(row, field);
    // A zero has no sign in a row's text.
    if (number !== undefined) return number + 0;
  }
  return (parse as (value: unknown) => unknown)((row as unknown[])[field]);
}

/** `+row[field]`, without parsing where the number is known. */
export function fieldAsNumber(row: unknown, field: number): unknown {
  const number = RowOrigin.numberOf(row, field);
  return number === undefined ? +(row as never[])[field]! : number + 0;
}
