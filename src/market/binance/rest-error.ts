/**
 * Why a REST request brought nothing:
 * - `rest_refused`: the exchange says that the request is wrong (4xx but 403, 418 and 429);
 * - `rest_unavailable`: no usable answer after all attempts: time-outs, 5xx, 403, no connection;
 * - `rest_malformed`: the answer is no JSON, too long, or not of the endpoint's shape;
 * - `no_symbols`: the exchange answers, and nothing trades there against the asset that was asked for.
 */
export type RestErrorCode = 'rest_refused' | 'rest_unavailable' | 'rest_malformed' | 'no_symbols';

/** A REST request that brought nothing. The message is one line. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly code: RestErrorCode;

  constructor(code: RestErrorCode, message: string, cause?: unknown) {
    super(message, {cause});
    this.code = code;
  }
}
