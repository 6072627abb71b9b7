/** Candle lengths that the screener's contract names. */
export const KLINE_INTERVALS = ['1m', '5m', '15m', '1h', '4h', '1d'] as const;

/** One of {@link KLINE_INTERVALS}. Case-sensitive, as in Binance's stream names. */
export type KlineInterval = (typeof KLINE_INTERVALS)[number];

/** Length of each interval in milliseconds. */
export const INTERVAL_MS: Readonly<Record<KlineInterval, number>> = Object.freeze({
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '4h': 14_400_000,
  '1d': 86_400_000,
});

/**
 * A candle as Binance's `GET /api/v3/klines` returns it and as users' filters read it: 12 fields, times in
 * UTC milliseconds, prices and volumes as decimal strings.
 */
export type Kline = [
  openTime: number,
  open: string,
  high: string,
  low: string,
  close: string,
  volume: string,
  closeTime: number,
  quoteAssetVolume: string,
  numberOfTrades: number,
  takerBuyBase: string,
  takerBuyQuote: string,
  ignore: string,
];

/** The 24-hour ticker of a symbol; further fields of the exchange's answer ride along. */
export interface Ticker {
  /** Symbol, upper case. */
  s: string;
  /** Price change over 24 hours, percent, as a decimal string. */
  P: string;
  /** Last price, decimal string. */
  c: string;
  /** Quote volume over 24 hours, decimal string. */
  q: string;
  [field: string]: unknown;
}

/** What a screening looks at. Candles are oldest first; the last may still be open. */
export interface MarketData {
  symbols: string[];
  tickers: Map<string, Ticker>;
  klines: Map<string, Map<KlineInterval, Kline[]>>;
  /** Epoch milliseconds. */
  timestamp: number;
}
