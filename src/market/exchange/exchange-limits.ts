/** Symbols that an exchange takes. More are refused at construction. */
export const EXCHANGE_SYMBOLS_MAX = 2_000;

/** Closed candles kept of each series: ten pages of REST. The oldest leave and are counted as `candlesForgotten`. */
export const CANDLES_PER_SERIES_MAX = 10_000;

/** Bytes of a text that a client may send. A longer one ends the connection with code 1009. */
export const INCOMING_BYTES_MAX = 1024 * 1024;

/**
 * Bytes of a request's URL and headers: 1,024 streams have room. A longer one gets HTTP 431, or the connection is cut. Binance
 * tells no limit.
 */
export const REQUEST_HEAD_BYTES_MAX = 128 * 1024;

/** Addresses whose attempts and weight are kept apart. Further ones share one account. */
export const ADDRESSES_MAX = 1_000;

/**
 * What a simulated exchange allows. Times are by the exchange's `clock`: make them shorter, or the clock faster, to see a day
 * go by. The defaults are Binance's where Binance has told any (binance-spot-api-docs, web-socket-streams.md and
 * rest-api.md, July 2026).
 */
export interface ExchangeLimits {
  /** Between two pings of the server. Default 20,000. */
  pingIntervalMs: number;
  /** A connection without a pong for longer is ended, and counted as `pongTimeouts`. Default 60,000. */
  pongTimeoutMs: number;
  /** A connection this old is ended, and counted as `lifetimesEnded`. Default 24 hours. */
  lifetimeMs: number;
  /**
   * Pings, pongs and texts that a connection may send within a second. One more ends it with code 1008, counted as
   * `messageLimitBreaks`. Default 5.
   */
  messagesPerSecondMax: number;
  /** Streams of a connection. A request for more gets an error, counted as `streamLimitBreaks`. Default 1,024. */
  streamsPerConnectionMax: number;
  /**
   * Connection attempts of an address within `attemptsWindowMs`. Further ones get HTTP 429, counted as
   * `attemptLimitBreaks`. Default 300.
   */
  attemptsMax: number;
  /** Default 300,000. */
  attemptsWindowMs: number;
  /** Weight that an address may use a minute. Beyond it REST answers 429, counted by status. Default 6,000. */
  weightPerMinuteMax: number;
  /** Requests after a 429 in the same minute until the address is banned: 418. Not told by Binance. Default 10. */
  requestsAfter429Max: number;
  /** The first ban of an address; each further one is twice as long, up to `banMsMax`. Default 2 minutes. */
  banMs: number;
  /** Default 3 days. */
  banMsMax: number;
  /** Connections at a time. Further ones get HTTP 503, counted as `connectionLimitBreaks`. Default 64. */
  connectionsMax: number;
  /** Bytes that wait for a slow reader. One more ends its connection, counted as `slowReadersDropped`. Default 16 MiB. */
  bufferedBytesMax: number;
}

export const DEFAULT_LIMITS: Readonly<ExchangeLimits> = Object.freeze({
  pingIntervalMs: 20_000,
  pongTimeoutMs: 60_000,
  lifetimeMs: 86_400_000,
  messagesPerSecondMax: 5,
  streamsPerConnectionMax: 1_024,
  attemptsMax: 300,
  attemptsWindowMs: 300_000,
  weightPerMinuteMax: 6_000,
  requestsAfter429Max: 10,
  banMs: 120_000,
  banMsMax: 259_200_000,
  connectionsMax: 64,
  bufferedBytesMax: 16 * 1024 * 1024,
});

/** The limits with their defaults. Throws a `TypeError` for one that is no positive number. */
export function completeLimits(limits: Partial<ExchangeLimits>): ExchangeLimits {
  const complete = {...DEFAULT_LIMITS, ...limits};
  for (const [name, value] of Object.entries(complete)) {
    if (!(typeof value === 'number' && value > 0)) {
      throw new TypeError(`Expected \`${name}\` to be a positive number, got \`${value}\``);
    }
  }
  return complete;
}
