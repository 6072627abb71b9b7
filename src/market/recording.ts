import type {Stats} from 'node:fs';
import {readdir, readFile, stat} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {promisify} from 'node:util';
import {gunzip} from 'node:zlib';
import {INTERVAL_MS, KLINE_INTERVALS, type Kline, type KlineInterval} from './kline.js';
import {LineError, parseCandle, printable} from './recording-line.js';

/** Bytes of one candle file, unpacked: some two million candles. A larger one is refused. */
export const RECORDING_BYTES_MAX = 256 * 1024 * 1024;

/** Binance's symbols: upper case, or of scripts without case (`币安人生USDT`); `BTCUSD_PERP`, `BTC-240628`. */
const SYMBOL = /^[\p{Lu}\p{Lo}\p{N}_.-]{1,32}$/u;

/**
 * What is wrong with a recording:
 * - `folder_unreadable`, `file_unreadable`: the system refuses, see `cause`; or what has the file's
 *   name is a folder, a pipe or a device;
 * - `no_candle_files`: nothing in the folder is named `.csv` or `.csv.gz`;
 * - `file_name`: no `<SYMBOL>-<interval>.csv[.gz]`, a symbol or an interval that there can't be, or a
 *   series that two files hold;
 * - `not_gzip`, `file_too_large`, `file_empty`;
 * - `bad_line`: a line that is no candle, or no later one than that before.
 */
export type RecordingErrorCode =
  | 'folder_unreadable'
  | 'no_candle_files'
  | 'file_name'
  | 'file_unreadable'
  | 'not_gzip'
  | 'file_too_large'
  | 'file_empty'
  | 'bad_line';

/**
 * A recording that can't be used. The message is one line that names the file and, in `bad_line`,
 * the line.
 */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly code: RecordingErrorCode;

  constructor(code: RecordingErrorCode, message: string, cause?: unknown) {
    super(message, {cause});
    this.code = code;
  }
}

/** A file of one series' candles. */
export interface RecordingFile {
  path: string;
  symbol: string;
  interval: KlineInterval;
}

/**
 * The candle files of a folder, sorted by name. Other files are left alone. Throws {@link
 * RecordingError}.
 */
export async function listRecording(folder: string): Promise<RecordingFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new RecordingError(
      'folder_unreadable',
      `${folder}: expected a folder, got ${reason(error)}`,
      error,
    );
  });
  const candleNames = names.filter(name => /\.csv(\.gz)?$/.test(name)).sort();
  if (candleNames.length === 0) {
    const got = `got ${names.length} other files`;
    throw new RecordingError(
      'no_candle_files',
      `${folder}: expected <SYMBOL>-<interval>.csv.gz files, ${got}`,
    );
  }
  const files = candleNames.map(name => ({path: join(folder, name), ...parseName(name)}));
  assertOneFileEach(files);
  return files;
}

/**
 * All candles of a file, ascending, each line checked. Prices and volumes are kept verbatim; empty
 * quote volume, taker fields and `ignore` become "0", an empty number of trades 0. Throws {@link
 * RecordingError}.
 */
export async function readCandles({path, interval}: RecordingFile): Promise<Kline[]> {
  const name = basename(path);
  const text = await readText(path, name);
  const candles: Kline[] = [];
  let lineNumber = 0;
  for (const line of lines(text)) {
    lineNumber += 1;
    try {
      candles.push(parseCandle(line, {intervalMs: INTERVAL_MS[interval], before: candles.at(-1)}));
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      throw new RecordingError('bad_line', `${name}:${lineNumber}: ${error.message}`, error);
    }
  }
  if (candles.length > 0) return candles;
  throw new RecordingError(
    'file_empty',
    `${name}: expected at least one candle, got an empty file`,
  );
}

function parseName(name: string): {symbol: string; interval: KlineInterval} {
  const [, symbol, interval] = /^(.+)-([^-.]+)\.csv(?:\.gz)?$/su.exec(name) ?? [];
  if (!symbol || !interval) throw nameError(name, 'a name like BTCUSDT-15m.csv.gz', name);
  if (!SYMBOL.test(symbol)) {
    const expected = 'a symbol of 1 to 32 capital letters, digits, _ . and -';
    throw nameError(name, expected, symbol);
  }
  const known = KLINE_INTERVALS.find(candidate => candidate === interval);
  if (known) return {symbol, interval: known};
  throw nameError(name, `an interval of ${KLINE_INTERVALS.join(', ')}`, interval);
}

function nameError(name: string, expected: string, got: string): RecordingError {
  const message = `${printable(name)}: expected ${expected}, got ${printable(got)}`;
  return new RecordingError('file_name', message);
}

/** `BTCUSDT-1h.csv` beside `BTCUSDT-1h.csv.gz`: neither is obviously the right one. */
function assertOneFileEach(files: readonly RecordingFile[]): void {
  files.forEach(({path, symbol, interval}, index) => {
    const before = files[index - 1];
    if (before?.symbol !== symbol || before.interval !== interval) return;
    const got = `got ${basename(before.path)} too`;
    throw new RecordingError('file_name', `${basename(path)}: expected one file a series, ${got}`);
  });
}

async function readText(path: string, name: string): Promise<string> {
  const bytes = await readBytes(path, name);
  const unpacked = name.endsWith('.gz') ? await unpack(bytes, name) : bytes;
  if (unpacked.length > RECORDING_BYTES_MAX) throw tooLarge(name);
  // One byte a character: what is not ASCII is no number and fails with its line.
  return unpacked.toString('latin1');
}

async function readBytes(path: string, name: string): Promise<Buffer> {
  const unreadable = (got: string, cause?: unknown) =>
    new RecordingError('file_unreadable', `${name}: expected a file, got ${got}`, cause);
  const refuse = (error: unknown) => {
    throw unreadable(reason(error), error);
  };
  // Looked at first: a pipe that nobody writes to would be waited for until the end of time.
  const stats = await stat(path).catch(refuse);
  if (!stats.isFile()) throw unreadable(kindOf(stats));
  if (stats.size > RECORDING_BYTES_MAX) throw tooLarge(name);
  return readFile(path).catch(refuse);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  return stats.isFIFO() ? 'a pipe' : 'a device or socket';
}

async function unpack(bytes: Buffer, name: string): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, {maxOutputLength: RECORDING_BYTES_MAX});
  } catch (error) {
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name, error);
    throw new RecordingError(
      'not_gzip',
      `${name}: expected gzip data, got ${reason(error)}`,
      error,
    );
  }
}

function tooLarge(name: string, cause?: unknown): RecordingError {
  const expected = `expected at most ${RECORDING_BYTES_MAX} bytes unpacked`;
  return new RecordingError('file_too_large', `${name}: ${expected}, got more`, cause);
}

/** The lines of a text, one at a time: a list of all would double the memory. */
function* lines(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(start, text[end - 1] === '\r' ? end - 1 : end);
    start = end + 1;
  }
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** What Node says, in one word if it can be: its messages name the path again. */
function reason(error: unknown): string {
  return String(errorCode(error) ?? error);
}
