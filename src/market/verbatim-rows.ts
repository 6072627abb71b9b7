/** Values that JSON has no word for, by the word that stands for them in a list of one. */
const WORDS = new Map<unknown, string>([
  [undefined, 'undefined'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
]);

/** The way back. A negative zero has a word as well: a Map can't tell it from zero. */
const VALUES = new Map<unknown, unknown>([
  ['-0', -0],
  ...[...WORDS].map(([value, word]): [string, unknown] => [word, value]),
]);

/**
 * Rows as a text, from which {@link decodeRows} makes equal ones: lists of texts, numbers of any
 * kind, booleans, null and undefined, and such values in a row's stead.
 *
 * @throws TypeError for anything else, such as an object.
 */
export function encodeRows(rows: readonly unknown[]): string {
  const encoded = Array.from(rows, row =>
    Array.isArray(row) ? {row: Array.from(row, encodeField)} : encodeField(row),
  );
  return JSON.stringify(encoded);
}

/** The rows of a text by {@link encodeRows}: new ones at each call. */
export function decodeRows(text: string): unknown[] {
  const encoded = JSON.parse(text) as unknown[];
  return encoded.map(row => {
    const fields = (row as {row?: unknown[]} | null)?.row;
    return fields === undefined ? decodeField(row) : fields.map(decodeField);
  });
}

function encodeField(field: unknown): unknown {
  const word = Object.is(field, -0) ? '-0' : WORDS.get(field);
  if (word !== undefined) return [word];
  if (field === null || ['string', 'number', 'boolean'].includes(typeof field)) return field;
  throw new TypeError(`Expected a text or a number in a candle, got \`${typeof field}\``);
}

function decodeField(field: unknown): unknown {
  return Array.isArray(field) ? VALUES.get(field[0]) : field;
}
