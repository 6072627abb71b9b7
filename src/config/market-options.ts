import {KLINE_INTERVALS} from '../market/kline.js';
import {integer, parseIntervals, parseSpeed, path, url} from './domains.js';
import type {OptionsOf} from './option.js';
import {FEEDS, HISTORY_CANDLES_MAX, SYMBOLS_MAX} from './settings.js';

/** The options of where the market comes from. */
export const MARKET_OPTIONS: OptionsOf<
  | 'feed'
  | 'symbolCount'
  | 'quoteAsset'
  | 'intervals'
  | 'historyCandles'
  | 'streamUrl'
  | 'restUrl'
  | 'simulationSeed'
  | 'replayDir'
  | 'replaySpeed'
> = {
  feed: {
    group: 'Market',
    flag: 'feed',
    placeholder: 'NAME',
    variable: 'FEED',
    domain: {
      expected: `one of ${FEEDS.join(', ')}`,
      parse: text => FEEDS.find(feed => feed === text),
    },
    fallback: 'simulated',
    description:
      'exchange to listen to: one that this program simulates on a loopback port, or Binance',
  },
  symbolCount: {
    group: 'Market',
    flag: 'symbols',
    placeholder: 'N',
    variable: 'SYMBOL_COUNT',
    domain: integer(1, SYMBOLS_MAX),
    fallback: 20,
    description: 'symbols to follow, those of the largest 24-hour quote volume',
  },
  quoteAsset: {
    group: 'Market',
    flag: 'quote-asset',
    placeholder: 'ASSET',
    variable: 'QUOTE_ASSET',
    domain: {
      expected: '1 to 20 capital letters and digits',
      parse: text => (/^[A-Z0-9]{1,20}$/.test(text) ? text : undefined),
    },
    fallback: 'USDT',
    description: 'what the symbols trade against',
  },
  intervals: {
    group: 'Market',
    flag: 'intervals',
    placeholder: 'LIST',
    variable: 'KLINE_INTERVALS',
    domain: {
      expected: `different ones of ${KLINE_INTERVALS.join(', ')}, with commas between`,
      parse: parseIntervals,
    },
    fallback: ['5m', '15m'],
    fallbackText: '5m,15m',
    description: 'candle lengths to follow',
  },
  historyCandles: {
    group: 'Market',
    flag: 'history-candles',
    placeholder: 'N',
    variable: 'HISTORY_CANDLES',
    domain: integer(2, HISTORY_CANDLES_MAX),
    fallback: 500,
    description: 'candles of each series to load at the start, and to keep',
  },
  streamUrl: {
    group: 'Binance',
    flag: 'stream-url',
    placeholder: 'URL',
    variable: 'BINANCE_STREAM_URL',
    domain: url('ws'),
    fallback: 'wss://data-stream.binance.vision',
    description: 'base of the streams; only with --feed binance',
  },
  restUrl: {
    group: 'Binance',
    flag: 'rest-url',
    placeholder: 'URL',
    variable: 'BINANCE_REST_URL',
    domain: url('http'),
    fallback: 'https://data-api.binance.vision',
    description: 'base of the REST interface; only with --feed binance',
  },
  simulationSeed: {
    group: 'Simulated market',
    flag: 'seed',
    placeholder: 'N',
    variable: 'SIMULATION_SEED',
    domain: integer(0, 4_294_967_295),
    fallback: 1,
    description: 'seed of the simulated market: equal seeds, equal prices',
  },
  replayDir: {
    group: 'Replay',
    flag: 'replay',
    placeholder: 'DIR',
    variable: 'REPLAY_DIR',
    domain: path('the path of a folder'),
    fallback: null,
    fallbackText: 'none, the simulated market',
    description: 'recorded candles to screen, one screening at each closed candle',
  },
  replaySpeed: {
    group: 'Replay',
    flag: 'speed',
    placeholder: 'N|max',
    variable: 'REPLAY_SPEED',
    domain: {expected: 'a positive number or max', parse: parseSpeed},
    fallback: 1,
    description: 'times as fast as recorded; max waits for nothing; only with --replay',
  },
};
