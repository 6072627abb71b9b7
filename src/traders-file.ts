import {createReadStream} from 'node:fs';
import {QUOTED_CHARS_MAX, quoteValue} from './log.js';
import {decodeTraders, TradersError} from './schemas.js';
import type {CloudTrader} from './screener/trader.js';

/** Largest traders file, 16 MiB. Reading stops one byte later and the file is refused. */
export const TRADERS_FILE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Reads a traders file: UTF-8, with or without a byte order mark, a JSON list in the contract's shape.
 *
 * @throws TradersError where the file can't be read, is too large, isn't UTF-8 or JSON (with line and
 * column), or doesn't hold valid traders; `cause` is the error underneath, where there is one
 */
export async function readTradersFile(path: string): Promise<CloudTrader[]> {
  const text = decodeText(await readBytes(path), path);
  return decodeTraders(parseJson(text, path), path);
}

/** By stream, not by `readFile`: a pipe or a device has no size to check beforehand. */
async function readBytes(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    // `end` is inclusive: one byte beyond the limit tells that there is more.
    for await (const chunk of createReadStream(path, {end: TRADERS_FILE_BYTES_MAX})) {
      chunks.push(chunk);
    }
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const got = READ_FAILURES[reason] ?? `an error (${reason})`;
    throw new TradersError(path, `expected a readable file, got ${got}`, {cause});
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length <= TRADERS_FILE_BYTES_MAX) return bytes;
  throw new TradersError(path, `expected at most ${TRADERS_FILE_BYTES_MAX} bytes, got more`);
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file (ENOENT)',
  EACCES: 'permission denied (EACCES)',
  EISDIR: 'a folder (EISDIR)',
};

function decodeText(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch (cause) {
    throw new TradersError(path, 'expected UTF-8 text, got other bytes', {cause});
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const offset = jsonErrorOffset(text) ?? 0;
    const before = text.slice(0, offset).split('\n');
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    // One character more than is shown, for quoteValue to see that it cuts.
    const got =
      offset < text.length
        ? quoteValue(text.slice(offset, offset + QUOTED_CHARS_MAX + 1).split('\n', 1)[0])
        : 'its end';
    throw new TradersError(path, `expected JSON, got ${got} at ${place}`, {cause});
  }
}

/** What may come next while a JSON text is read. */
type Expectation = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'end of value';

/**
 * Where `text` stops being JSON (RFC 8259): the UTF-16 offset of the first token that can't stand
 * there, `text.length` if it only ends too early, null if it is JSON. V8 tells the place of some
 * errors only, and not of the commonest, a comma behind the last item.
 */
export function jsonErrorOffset(text: string): number | null {
  /** The brackets that are open, outermost first, each as the one that closes it. */
  const closers: string[] = [];
  let next: Expectation = 'value';
  let offset = spaceEnd(text, 0);
  while (offset < text.length) {
    const token = text[offset]!;
    let end: number | null = offset + 1;
    if (next === 'colon') {
      if (token !== ':') return offset;
      next = 'value';
    } else if (next === 'end of value' && token === ',' && closers.length > 0) {
      next = closers.at(-1) === '}' ? 'key' : 'value';
    } else if (token === closers.at(-1) && (next === 'end of value' || next.endsWith(token))) {
      closers.pop();
      next = 'end of value';
    } else if (next === 'end of value') {
      return offset;
    } else if (next.startsWith('key')) {
      end = stringEnd(text, offset);
      next = 'colon';
    } else if (token === '{' || token === '[') {
      closers.push(token === '{' ? '}' : ']');
      next = token === '{' ? 'key or }' : 'value or ]';
    } else {
      end = stringEnd(text, offset) ?? wordEnd(text, offset);
      next = 'end of value';
    }
    if (end === null) return offset;
    offset = spaceEnd(text, end);
  }
  return next === 'end of value' && closers.length === 0 ? null : text.length;
}

function spaceEnd(text: string, offset: number): number {
  let end = offset;
  while (end < text.length && ' \t\r\n'.includes(text[end]!)) end++;
  return end;
}

/** The end of the string that starts at `offset`, or null if none does. */
function stringEnd(text: string, offset: number): number | null {
  if (text[offset] !== '"') return null;
  let end = offset + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  try {
    JSON.parse(text.slice(offset, end + 1));
    return end + 1;
  } catch {
    return null;
  }
}

/** The end of the number or literal that starts at `offset`, or null if none does. */
function wordEnd(text: string, offset: number): number | null {
  const word = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
  word.lastIndex = offset;
  return word.test(text) ? word.lastIndex : null;
}
