/**
 * What the feed allows itself and the exchange. Protocol facts are of binance-spot-api-docs, `web-socket-streams.md` and
 * `rest-api.md`, July 2026. All can be set, so that a day fits into a test.
 */
export interface FeedLimits {
  /** Streams a connection; further ones get another connection. Binance's own limit: 1,024. */
  streamsPerConnection: number;
  /** Streams a SUBSCRIBE message. Not limited by Binance; a message of 200 has about 5 kB. */
  streamsPerRequest: number;
  /** Requests within `requestWindowMs`; later ones wait. Binance ends a connection at more than 5 a second, pongs included: the rest is theirs. */
  requestsMax: number;
  /** A little over a second: what leaves a second apart may arrive closer. */
  requestWindowMs: number;
  /** Connection attempts within `attemptsWindowMs`; later ones wait. Binance's limit is 300 for an address, which others may share. */
  attemptsMax: number;
  attemptsWindowMs: number;
  /** A connection that sends nothing for so long, pings included, is silent: it is ended and opened again. Binance pings every 20 s. */
  silenceMsMax: number;
  /** The same for one that sends pings and no message. */
  messageSilenceMsMax: number;
  /** A handshake, or a reply to a request, that takes longer ends the connection. */
  replyMsMax: number;
  /** A connection is replaced when it is so old: Binance ends it after 24 hours. */
  renewalMs: number;
  /** A connection that held for less goes on with the waits of the failures before it. */
  stableMs: number;
  /** Waits between connection attempts, and between requests that failed: base and cap. */
  backoffBaseMs: number;
  backoffCapMs: number;
  /** A REST request that takes longer is given up and tried again. Binance itself gives up after 10 s (-1007). */
  restMsMax: number;
  /** Attempts of a REST request; then the series waits for its next turn. */
  restAttemptsMax: number;
  /** REST requests at a time; further ones wait. */
  restParallelMax: number;
  /** Share of the weight a minute that the feed uses; the rest is left to others on the same address. */
  restWeightShare: number;
  /** A pause where 429, 418 or 403 name none. */
  restPauseMs: number;
  /** A candle that opens later than the exchange's clock by more is malformed: it would make its series refuse the real ones. */
  futureMsMax: number;
}

/** Bytes of one message. A longer one ends the connection (close code 1009). */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

/** Bytes of one REST answer. A longer one is refused as `answer_malformed`; a full `exchangeInfo` has about 20 MB. */
export const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Rows of one klines answer, Binance's maximum. */
export const KLINES_PER_ANSWER_MAX = 1_000;

/** See {@link FeedLimits}. */
export const FEED_LIMITS: Readonly<FeedLimits> = Object.freeze({
  streamsPerConnection: 1_024,
  streamsPerRequest: 200,
  requestsMax: 3,
  requestWindowMs: 1_200,
  attemptsMax: 250,
  attemptsWindowMs: 300_000,
  silenceMsMax: 30_000,
  messageSilenceMsMax: 60_000,
  replyMsMax: 10_000,
  renewalMs: 84_600_000,
  stableMs: 10_000,
  backoffBaseMs: 1_000,
  backoffCapMs: 30_000,
  restMsMax: 10_000,
  restAttemptsMax: 5,
  restParallelMax: 8,
  restWeightShare: 0.8,
  restPauseMs: 60_000,
  futureMsMax: 60_000,
});
