import {availableParallelism} from 'node:os';
import {LOG_LEVELS} from '../log.js';
import {KLINE_INTERVALS} from '../market/kline.js';
import {WORKERS_MAX} from '../pool/worker-count.js';
import {
  ANALYSES_AT_ONCE,
  ANALYSES_PER_MINUTE_MAX,
  ANALYSES_WAITING_MAX,
  ANALYSIS_TIMEOUT_MS,
} from '../signals/analysis-limits.js';
import {SYNCHRONOUS_MODES} from '../sync/synchronous.js';
import {
  type Domain,
  integer,
  parseHost,
  parseHttpUrl,
  parseIntervals,
  parsePostgresUrl,
  parseSpeed,
  path,
  url,
} from './domains.js';
import {SERVER_OPTIONS} from './server-options.js';
import {
  ANALYSES_AT_ONCE_MAX,
  ANALYSES_WAITING_LIMIT,
  ANALYSIS_TIMEOUT_MS_MAX,
  type Config,
  FEEDS,
  HISTORY_CANDLES_MAX,
  MACHINE_ID_CHARS_MAX,
  SCREENING_INTERVAL_MS_MAX,
  SYMBOLS_MAX,
} from './settings.js';

/** One row of the table: an option of the command line and of the environment. */
export interface ConfigOption<T> {
  /** Heading in the help. */
  readonly group: string;
  /** Flag, without its dashes. */
  readonly flag: string;
  /** What stands for the flag's value in the help. */
  readonly placeholder: string;
  /** Environment variable. */
  readonly variable: string;
  readonly domain: Domain<T>;
  readonly fallback: T;
  /** The default in words, where the value itself wouldn't tell. */
  readonly fallbackText?: string;
  readonly description: string;
  /** True where a refused value is not to be shown: it may hold a password. */
  readonly isSecret?: boolean;
  /** True where `--no-` before the flag's name, without a value, means `off`. */
  readonly isSwitch?: boolean;
}

/** Every option, in the order of the help. */
export const CONFIG_OPTIONS: {readonly [Key in keyof Config]: ConfigOption<Config[Key]>} = {
  port: {
    group: 'Metrics server',
    flag: 'port',
    placeholder: 'N',
    variable: 'METRICS_PORT',
    domain: integer(0, 65_535),
    fallback: 9091,
    description: 'TCP port of /metrics; 0 picks a free one and prints it',
  },
  host: {
    group: 'Metrics server',
    flag: 'host',
    placeholder: 'ADDRESS',
    variable: 'METRICS_HOST',
    domain: {expected: 'an IP address or a host name', parse: parseHost},
    fallback: '::',
    description: 'address to listen at; :: takes IPv6 and IPv4',
  },
  ...SERVER_OPTIONS,
  workerCount: {
    group: 'Screening',
    flag: 'workers',
    placeholder: 'N',
    variable: 'WORKERS',
    domain: integer(1, WORKERS_MAX),
    fallback: defaultWorkerCount(availableParallelism()),
    fallbackText: `the processors less one, 1 to 8: here ${defaultWorkerCount(availableParallelism())}`,
    description: 'worker threads that run the filters',
  },
  screeningIntervalMs: {
    group: 'Screening',
    flag: 'screening-interval-ms',
    placeholder: 'MS',
    variable: 'SCREENING_INTERVAL_MS',
    domain: integer(100, SCREENING_INTERVAL_MS_MAX, ' milliseconds'),
    fallback: 5_000,
    description: 'time between two screenings of a live market',
  },
  tradersFile: {
    group: 'Screening',
    flag: 'traders',
    placeholder: 'FILE',
    variable: 'TRADERS_FILE',
    domain: path('the path of a JSON file'),
    fallback: null,
    fallbackText: 'the built-in traders',
    description: 'list of the traders to screen',
  },
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
  analysisUrl: {
    group: 'Signals',
    flag: 'analysis-url',
    placeholder: 'URL',
    variable: 'ANALYSIS_URL',
    domain: {expected: 'an http or https URL without user and password', parse: parseHttpUrl},
    fallback: null,
    fallbackText: 'none, the built-in analyser',
    description: 'endpoint that analyses signals',
  },
  analysesAtOnce: {
    group: 'Signals',
    flag: 'analyses-at-once',
    placeholder: 'N',
    variable: 'ANALYSES_AT_ONCE',
    domain: integer(1, ANALYSES_AT_ONCE_MAX),
    fallback: ANALYSES_AT_ONCE,
    description: 'signals that are analysed at once',
  },
  analysesWaitingMax: {
    group: 'Signals',
    flag: 'analyses-waiting-max',
    placeholder: 'N',
    variable: 'ANALYSES_WAITING_MAX',
    domain: integer(0, ANALYSES_WAITING_LIMIT),
    fallback: ANALYSES_WAITING_MAX,
    description: 'signals that wait for it; beyond it the newest of the lowest priority fails',
  },
  analysisTimeoutMs: {
    group: 'Signals',
    flag: 'analysis-timeout-ms',
    placeholder: 'MS',
    variable: 'ANALYSIS_TIMEOUT_MS',
    domain: integer(100, ANALYSIS_TIMEOUT_MS_MAX, ' milliseconds'),
    fallback: ANALYSIS_TIMEOUT_MS,
    description: 'time for each of at most four tries',
  },
  analysesPerMinute: {
    group: 'Signals',
    flag: 'analyses-per-minute',
    placeholder: 'N',
    variable: 'ANALYSES_PER_MINUTE',
    domain: integer(0, ANALYSES_PER_MINUTE_MAX),
    fallback: 0,
    fallbackText: '0, no limit',
    description: 'tries in any minute',
  },
  dataDir: {
    group: 'State',
    flag: 'data-dir',
    placeholder: 'DIR',
    variable: 'DATA_DIR',
    domain: {
      expected: 'the path of a folder',
      parse: text => (text.trim() === '' || text.includes('\0') ? undefined : text),
    },
    fallback: 'data',
    description: 'folder of the SQLite file with signals and all else that outlives the machine',
  },
  databaseUrl: {
    group: 'State',
    flag: 'database-url',
    placeholder: 'URL',
    variable: 'DATABASE_URL',
    domain: {expected: 'a postgres:// URL', parse: parsePostgresUrl},
    fallback: null,
    fallbackText: 'none, the SQLite file keeps all',
    description: 'Postgres server that keeps the state; the SQLite file is its outbox then',
    isSecret: true,
  },
  machineId: {
    group: 'State',
    flag: 'machine-id',
    placeholder: 'NAME',
    variable: 'MACHINE_ID',
    domain: {
      expected: `1 to ${MACHINE_ID_CHARS_MAX} letters, digits, dots, dashes and underscores`,
      parse: text =>
        /^[\w.-]+$/.test(text) && text.length <= MACHINE_ID_CHARS_MAX ? text : undefined,
    },
    fallback: null,
    fallbackText: "the host's name",
    description: 'name of this machine in each row that it writes',
  },
  outboxMib: {
    group: 'State',
    flag: 'outbox-mib',
    placeholder: 'MIB',
    variable: 'OUTBOX_MIB',
    domain: integer(1, 65_536, ' MiB'),
    fallback: 256,
    description: 'rows that may wait for the Postgres server; then metrics go first, then events',
  },
  synchronous: {
    group: 'State',
    flag: 'synchronous',
    placeholder: 'MODE',
    variable: 'SYNCHRONOUS',
    domain: {
      expected: `one of ${SYNCHRONOUS_MODES.join(', ')}`,
      parse: text => SYNCHRONOUS_MODES.find(mode => mode === text),
    },
    fallback: 'full',
    description:
      'what a power cut leaves: full, all that was reported; normal, all but the last moments',
  },
  logLevel: {
    group: 'Output',
    flag: 'log-level',
    placeholder: 'LEVEL',
    variable: 'LOG_LEVEL',
    domain: {
      expected: `one of ${LOG_LEVELS.join(', ')}`,
      parse: text => LOG_LEVELS.find(level => level === text),
    },
    fallback: 'info',
    description: 'least severe lines to write; silent writes none, not even errors',
  },
};

/** The keys of {@link CONFIG_OPTIONS}, in its order. */
export const CONFIG_KEYS = Object.keys(CONFIG_OPTIONS) as readonly (keyof Config)[];

/** Workers where none are asked for: a processor each, one left to the main thread, 1 to 8. */
export function defaultWorkerCount(processorCount: number): number {
  return Math.min(8, Math.max(1, processorCount - 1));
}
