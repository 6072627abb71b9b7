import {type Analyse, AnalysisError, type AnalysisRequest} from './analyser.js';
import {readMatchCandles} from './match-candles.js';
import type {Verdict} from './signal.js';

/** Newest candles of each interval that a request carries: about 12 kB an interval. */
export const REQUEST_CANDLES_MAX = 100;

/** Bytes of an answer, uncompressed. A longer one is read no further and counts as none (`analysis_invalid`). */
export const ANSWER_BYTES_MAX = 65_536;

/** Statuses, besides all from 500 on, that say to try again: Request Timeout, Too Early (RFC 8470), Too Many Requests (RFC 6585). */
const REPEATABLE_STATUSES: readonly number[] = [408, 425, 429];

/** Options of {@link httpAnalyser}. */
export interface HttpAnalyserOptions {
  /** `http:` or `https:`, without user and password. */
  readonly url: string;
  /** Checks an answer's JSON. @throws AnalysisError `analysis_invalid` where it is no verdict */
  readonly decode: (json: unknown) => Verdict;
  /** Epoch milliseconds of the wall clock, for a `Retry-After` that names a date. Default `Date.now`. */
  readonly wallClock?: () => number;
}

/**
 * An analyser behind an endpoint: a POST of `{signal, candles}` for each try, where `candles` holds Binance's rows by
 * interval as they were at the match. A redirect isn't followed: candles go to the address that was named, or nowhere.
 */
export function httpAnalyser({url, decode, wallClock = Date.now}: HttpAnalyserOptions): Analyse {
  return async (request, abort) => {
    const body = bodyOf(request);
    const response = await answerTo(url, {
      method: 'POST',
      headers: {'content-type': 'application/json', accept: 'application/json'},
      body,
      redirect: 'manual',
      signal: abort,
    });
    if (!response.ok) {
      // Nobody reads it, and what isn't read holds its connection.
      await response.body?.cancel().catch(() => {});
      throw refusalOf(response, wallClock());
    }
    return decode(parse(await readText(response)));
  };
}

function bodyOf(request: AnalysisRequest): string {
  const {signal} = request;
  try {
    const candles = [...readMatchCandles(request)].map(([interval, rows]) => [
      interval,
      rows.slice(-REQUEST_CANDLES_MAX),
    ]);
    return JSON.stringify({signal, candles: Object.fromEntries(candles)});
  } catch (error) {
    throw new AnalysisError('analysis_refused', (error as Error).message, {cause: error});
  }
}

async function answerTo(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw unavailable(error);
  }
}

/** The message of `fetch` is the same for all that can go wrong; its cause tells. */
function unavailable(error: unknown): AnalysisError {
  const {cause} = error as {cause?: {code?: unknown; message?: unknown}};
  const got = String(cause?.code ?? cause?.message ?? (error as Error).message);
  return new AnalysisError('analysis_unavailable', `Expected an answer, got ${got}`, {
    cause: error,
  });
}

function refusalOf({status, headers}: Response, nowMs: number): AnalysisError {
  const isRepeatable = status >= 500 || REPEATABLE_STATUSES.includes(status);
  const code = isRepeatable ? 'analysis_unavailable' : 'analysis_refused';
  const retryAfterMs = isRepeatable ? parseRetryAfter(headers.get('retry-after'), nowMs) : 0;
  return new AnalysisError(code, `Expected status 200, got ${status}`, {retryAfterMs});
}

/**
 * Milliseconds that a `Retry-After` header asks to wait: it holds seconds or a date (RFC 9110, section 10.2.3). 0 where there
 * is none or it says something else.
 */
export function parseRetryAfter(value: string | null, nowMs: number): number {
  if (value === null) return 0;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? 0 : Math.max(0, dateMs - nowMs);
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  try {
    // Leaving the loop cancels the rest.
    for await (const chunk of response.body ?? []) {
      byteCount += chunk.byteLength;
      if (byteCount > ANSWER_BYTES_MAX) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw unavailable(error);
  }
  if (byteCount > ANSWER_BYTES_MAX) {
    throw invalid(`at most ${ANSWER_BYTES_MAX} bytes`, 'more');
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('JSON', `${text.length} characters that are none`);
  }
}

function invalid(expected: string, got: string): AnalysisError {
  return new AnalysisError('analysis_invalid', `Expected ${expected}, got ${got}`);
}
