import {backoffMs} from '../../backoff.js';
import {type Clock, pause} from '../clock.js';
import {ANSWER_BYTES_MAX, type FeedLimits} from './limits.js';
import {RestError} from './rest-error.js';
import type {WeightBudget} from './weight-budget.js';

export interface RestClientOptions {
  /** Such as `https://data-api.binance.vision`; a path behind it is kept. */
  readonly url: string;
  readonly clock: Clock;
  readonly limits: FeedLimits;
  readonly budget: WeightBudget;
  readonly random: () => number;
  /** Ends what is under way and refuses what comes. */
  readonly signal: AbortSignal;
  /** Told of each answer's status, and of `timeout` or `network` where there was none. */
  readonly onAnswer: (status: string) => void;
  /** Told in words of each attempt that will be repeated. Default none. */
  readonly onRetry?: (line: string) => void;
}

/** What became of one attempt. */
type Attempt =
  | {readonly kind: 'json'; readonly json: unknown}
  | {
      readonly kind: 'retry';
      readonly why: string;
      readonly pauseMs: number | undefined;
      readonly hasLeft: boolean;
    }
  | {readonly kind: 'error'; readonly error: RestError};

/** Statuses that say that the address asks too much: Binance's limit, its ban, its firewall. */
const TOO_MUCH: ReadonlySet<number> = new Set([429, 418, 403]);

/** Codes of Node and undici that say that there was no connection: the exchange has not seen the request. */
const UNSENT: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Binance's longest ban, three days. A `Retry-After` beyond it is taken for this. */
const BAN_MS_MAX = 259_200_000;

/** The exchange's REST interface: JSON by GET, within its limits, tried again where that may help. */
export class RestClient {
  readonly #options: RestClientOptions;
  readonly #base: string;
  /** Stands before the path where a request is named. */
  readonly #host: string;
  /** Requests on the way; at most `restParallelMax`. */
  #running = 0;
  /** Requests that wait for others to end. */
  readonly #waiting: (() => void)[] = [];

  constructor(options: RestClientOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, '');
    this.#host = new URL(options.url).host;
  }

  /**
   * @param path such as `/api/v3/klines`
   * @throws RestError
   */
  async get(
    path: string,
    query: Readonly<Record<string, string>>,
    weight: number,
  ): Promise<unknown> {
    await this.#enter();
    try {
      const text = String(new URLSearchParams(query));
      return await this.#attempts(text === '' ? path : `${path}?${text}`, weight);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #enter(): Promise<void> {
    while (this.#running >= this.#options.limits.restParallelMax) {
      await new Promise<void>(resolve => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }

  async #attempts(target: string, weight: number): Promise<unknown> {
    const {limits, clock, budget, random, signal, onRetry} = this.#options;
    let why = 'the machine stops';
    for (let failureCount = 0; failureCount < limits.restAttemptsMax; failureCount += 1) {
      await this.#admit(weight);
      if (signal.aborted) break;
      const attempt = await this.#attempt(target);
      if (attempt.kind === 'json') return attempt.json;
      if (attempt.kind === 'error') throw attempt.error;
      why = attempt.why;
      if (!attempt.hasLeft) budget.giveBack(weight, clock.epochMs());
      if (!signal.aborted) onRetry?.(`${this.#host}${target}: ${why}`);
      if (attempt.pauseMs !== undefined) {
        // Holds all requests, not this one alone: to go on asking is what gets an address banned.
        budget.pause(clock.epochMs() + attempt.pauseMs);
        continue;
      }
      const backoff = {baseMs: limits.backoffBaseMs, capMs: limits.backoffCapMs};
      await pause(clock, backoffMs(failureCount, {...backoff, random}), signal);
    }
    const problem = `${this.#host}${target}: expected an answer, got none: ${why}`;
    throw new RestError('rest_unavailable', problem);
  }

  /** Resolves when the budget has room, having taken it, or when the signal aborts. */
  async #admit(weight: number): Promise<void> {
    const {budget, clock, signal} = this.#options;
    for (;;) {
      const waitMs = budget.waitMs(weight, clock.epochMs());
      if (waitMs === 0 || signal.aborted) break;
      await pause(clock, waitMs, signal);
    }
    budget.take(weight, clock.epochMs());
  }

  async #attempt(target: string): Promise<Attempt> {
    const {clock, limits, signal, onAnswer} = this.#options;
    const controller = new AbortController();
    const abort = () => controller.abort();
    signal.addEventListener('abort', abort, {once: true});
    let isLate = false;
    const cancel = clock.after(limits.restMsMax, () => {
      isLate = true;
      abort();
    });
    try {
      const response = await fetch(this.#base + target, {signal: controller.signal});
      const text = await readText(response);
      onAnswer(String(response.status));
      return this.#judge(target, response, text);
    } catch (error) {
      if (error instanceof RestError) return {kind: 'error', error};
      onAnswer(isLate ? 'timeout' : 'network');
      const why = isLate ? `nothing within ${limits.restMsMax} ms` : reason(error);
      return {kind: 'retry', why, pauseMs: undefined, hasLeft: isLate || !UNSENT.has(why)};
    } finally {
      cancel();
      signal.removeEventListener('abort', abort);
    }
  }

  #judge(target: string, {status, headers}: Response, text: string): Attempt {
    const {budget, clock, limits} = this.#options;
    const used = Number(headers.get('x-mbx-used-weight-1m') ?? Number.NaN);
    if (Number.isFinite(used)) budget.tell(used, clock.epochMs());
    if (TOO_MUCH.has(status)) {
      const seconds = Number(headers.get('retry-after') ?? Number.NaN);
      // None, and none that can be read, is no leave to ask again at once.
      const pauseMs = seconds > 0 ? Math.min(seconds * 1_000, BAN_MS_MAX) : limits.restPauseMs;
      return {kind: 'retry', why: `status ${status}`, pauseMs, hasLeft: true};
    }
    if (status >= 500) {
      return {kind: 'retry', why: `status ${status}`, pauseMs: undefined, hasLeft: true};
    }
    if (status !== 200) {
      const message = `${this.#host}${target}: expected status 200, got ${status}: ${text.slice(0, 200)}`;
      return {kind: 'error', error: new RestError('rest_refused', message)};
    }
    try {
      return {kind: 'json', json: JSON.parse(text)};
    } catch (error) {
      const message = `${this.#host}${target}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}`;
      return {kind: 'error', error: new RestError('rest_malformed', message, error)};
    }
  }
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.byteLength;
    if (bytes > ANSWER_BYTES_MAX) {
      const message = `${response.url}: expected at most ${ANSWER_BYTES_MAX} bytes, got more`;
      throw new RestError('rest_malformed', message);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** `fetch failed` says nothing; its cause does. */
function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? String(cause.code) : cause.message;
}
