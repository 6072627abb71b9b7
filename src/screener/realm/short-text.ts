/**
 * UTF-16 code units of a text that a filter says something by. A longer one is told by its length alone: what was put
 * together of parts lies in memory as these parts, and to look into it V8 writes it out whole, in one piece that may be
 * larger than all the memory that is left. That ends the process, and not just the worker.
 */
export const WHOLE_TEXT_LENGTH_MAX = 1_000_000;

/**
 * A value as a text of no more than so many UTF-16 code units, the rest cut off. It holds no memory beyond its own: what
 * V8's `slice()` returns holds the text that it was cut from.
 * @throws Whatever the value's `toString` throws.
 */
export function shortText(value: unknown, lengthMax: number): string {
  const text = String(value);
  const {length} = text;
  if (length > WHOLE_TEXT_LENGTH_MAX) return `a text of ${length} characters`;
  return length > lengthMax ? ownText(text.slice(0, lengthMax)) : text;
}

/** The same text, in memory of its own. */
export function ownText(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
