import type {KlineInterval} from '../market/kline.js';

/** A trader as its owner's database and traders files hold it; further fields ride along. */
export interface CloudTrader {
  /** Unique among the traders; the `trader_id` label. */
  id: string;
  /** For people; the `trader_name` label. */
  name: string;
  /** A disabled trader isn't screened. */
  enabled: boolean;
  /** Whose signals are analysed first where signals wait. Default `normal`. */
  analysisPriority?: 'high' | 'normal' | 'low';
  filter: {
    /**
     * Body of `(ticker, timeframes, helpers, hvnNodes)`. Returns a boolean or
     * `{match: boolean, conditions?: string[]}`; anything else is no match.
     */
    code: string;
    /** Interval of the candles where `requiredTimeframes` names none. Default `5m`. */
    refreshInterval?: KlineInterval;
    /** Intervals of the candles that `timeframes` holds. */
    requiredTimeframes?: KlineInterval[];
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** Interval of a trader that names none, as the screener's contract says. */
const DEFAULT_INTERVAL: KlineInterval = '5m';

/** The intervals of the candles that a trader's filter looks at, one at least. */
export function intervalsOf({filter}: CloudTrader): readonly KlineInterval[] {
  const {requiredTimeframes, refreshInterval = DEFAULT_INTERVAL} = filter;
  return requiredTimeframes?.length ? requiredTimeframes : [refreshInterval];
}

/** A symbol that a trader's filter matched. */
export interface TraderMatch {
  /** Symbol, upper case. */
  symbol: string;
  /** Last price: `parseFloat(ticker.c)`. */
  price: number;
  /** The filter's `conditions`, or empty. */
  matchedConditions: string[];
  /** Epoch milliseconds. */
  timestamp?: number;
}

/** What one screening of one trader found. */
export interface TraderResult {
  traderId: string;
  traderName: string;
  enabled: boolean;
  /** Only the new matches: symbols that the trader's previous screening did not match. */
  matches: TraderMatch[];
  /** Matches that the previous screening had too. */
  continuingMatches?: number;
  /** Why the trader could not be screened, e.g. that its filter doesn't parse. */
  error?: string;
  /** Symbols that the filter looked at: those with a ticker and candles of its intervals. */
  symbolCount?: number;
  /** Symbols for which the filter threw, and what it threw first. */
  throws?: {symbolCount: number; firstMessage: string};
  /** Symbols for which the filter returned neither a boolean nor `{match: boolean}`, and what it returned first. */
  badResults?: {symbolCount: number; firstResult: string};
  /** Runtime of the filter over all symbols, milliseconds. */
  executionTime: number;
}
