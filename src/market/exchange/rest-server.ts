import type {IncomingMessage, ServerResponse} from 'node:http';
import type {RestFault, RestFaults} from './rest-faults.js';
import {RestError} from './rest-parameters.js';
import {planRequest, type RestContext} from './rest-routes.js';
import type {ExchangeCount, Tally} from './tally.js';
import {WeightMeter, type WeightVerdict} from './weight-meter.js';

/** What a REST server is made of. */
export interface RestServerParts {
  /** Of this moment. */
  context: () => RestContext;
  clock: () => number;
  tally: Tally<ExchangeCount>;
  faults: RestFaults;
  /** Calls back after so many ms; returns what calls it off. */
  delay: (callback: () => void, delayMs: number) => () => void;
}

interface Answer {
  status: number;
  body: unknown;
  headers: Record<string, string | number>;
}

/** The HTTP half of the exchange. */
export class RestServer {
  readonly #parts: RestServerParts;
  readonly #meter: WeightMeter;

  constructor(parts: RestServerParts) {
    this.#parts = parts;
    this.#meter = new WeightMeter(parts.context().limits);
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://exchange');
    const answer = this.#answer(request, url);
    const fault = this.#parts.faults.take(url);
    if (fault === undefined) this.#send(response, answer);
    else this.#befall(response, answer, fault);
  }

  #befall(response: ServerResponse, answer: Answer, fault: RestFault): void {
    switch (fault.kind) {
      case 'slow':
        response.on(
          'close',
          this.#parts.delay(() => this.#send(response, answer), fault.delayMs),
        );
        break;
      case 'hanging':
        break;
      case 'status':
        this.#send(response, faultyAnswer(fault, answer));
        break;
      case 'truncated':
        this.#sendText(response, answer, half(answer.body));
        break;
      case 'no_json':
        this.#sendText(response, answer, '<html><body>Please wait</body></html>');
        break;
      case 'cut':
        this.#cut(response, answer);
    }
  }

  #answer(request: IncomingMessage, url: URL): Answer {
    if (request.method !== 'GET') return failed(405, {code: -1000, msg: 'Only GET is served.'});
    const context = this.#parts.context();
    const plan = planRequest(url, context);
    const address = request.socket.remoteAddress ?? '';
    const verdict = this.#meter.take(address, plan?.weight ?? 1, this.#parts.clock());
    const headers = weightHeaders(verdict);
    if (verdict.status !== 200) return overLimit(verdict, context, headers);
    if (plan === undefined) return failed(404, {code: -1000, msg: 'Not found.'}, headers);
    try {
      return {status: 200, body: plan.answer(), headers};
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      return failed(error.status, {code: error.code, msg: error.message}, headers);
    }
  }

  #send(response: ServerResponse, answer: Answer): void {
    this.#sendText(response, answer, JSON.stringify(answer.body));
  }

  #sendText(response: ServerResponse, {status, headers}: Answer, text: string): void {
    if (response.destroyed) return;
    this.#parts.tally.add(`rest${status}`);
    response.writeHead(status, {...headers, 'Content-Length': Buffer.byteLength(text)});
    response.end(text);
  }

  /** Announces the whole body and breaks off in its middle. */
  #cut(response: ServerResponse, {status, headers, body}: Answer): void {
    const length = Buffer.byteLength(JSON.stringify(body));
    this.#parts.tally.add(`rest${status}`);
    response.writeHead(status, {...headers, 'Content-Length': length});
    response.write(half(body), () => response.destroy());
  }
}

function weightHeaders({used, retryAfterSeconds}: WeightVerdict): Answer['headers'] {
  const headers = {
    'Content-Type': 'application/json;charset=UTF-8',
    'Access-Control-Allow-Origin': '*',
    'X-MBX-USED-WEIGHT': used,
    'X-MBX-USED-WEIGHT-1M': used,
  };
  return retryAfterSeconds > 0 ? {...headers, 'Retry-After': retryAfterSeconds} : headers;
}

function failed(status: number, body: unknown, headers: Answer['headers'] = {}): Answer {
  return {status, body, headers};
}

function overLimit(
  {status, bannedUntilMs}: WeightVerdict,
  {limits}: RestContext,
  headers: Answer['headers'],
): Answer {
  const msg =
    status === 418
      ? `Way too much request weight used; IP banned until ${bannedUntilMs}.`
      : `Too much request weight used; current limit is ${limits.weightPerMinuteMax} a minute.`;
  return failed(status, {code: -1003, msg}, headers);
}

/** -1003 with 429 and 418, -1007 (the server's time-out) with 504, -1008 (busy) with 503, else -1000. */
const FAULT_CODES: Readonly<Record<number, number>> = {
  429: -1003,
  418: -1003,
  504: -1007,
  503: -1008,
};

function faultyAnswer(
  {status, retryAfterSeconds}: Extract<RestFault, {kind: 'status'}>,
  {headers}: Answer,
): Answer {
  const isLimit = status === 429 || status === 418;
  const seconds = retryAfterSeconds ?? (isLimit ? 1 : undefined);
  const retry = seconds === undefined ? {} : {'Retry-After': seconds};
  const body = {code: FAULT_CODES[status] ?? -1000, msg: `Fault on demand: ${status}.`};
  return failed(status, body, {...headers, ...retry});
}

function half(body: unknown): string {
  const text = JSON.stringify(body);
  return text.slice(0, Math.max(1, text.length >> 1));
}
