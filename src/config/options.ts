import {isIP} from 'node:net';
import {availableParallelism} from 'node:os';
import {LOG_LEVELS, type LogLevel} from '../log.js';
import {WORKERS_MAX} from '../pool/worker-count.js';
import {
  ANALYSES_AT_ONCE,
  ANALYSES_WAITING_MAX,
  ANALYSIS_TIMEOUT_MS,
} from '../signals/analysis-queue.js';
import {RATE_PER_MINUTE_MAX} from '../signals/rate-limit.js';

/** The machine's configuration: every option has its value, and none can be changed. */
export interface Config {
  /** TCP port of /metrics; 0 picks a free one. */
  readonly port: number;
  /** Address to listen at; `::` takes IPv6 and IPv4. */
  readonly host: string;
  /** Worker threads, 1 to {@link WORKERS_MAX}. */
  readonly workerCount: number;
  /** Milliseconds from the start of one screening of the simulated market to the next. */
  readonly screeningIntervalMs: number;
  /** JSON file of the traders, or null for the built-in ones. */
  readonly tradersFile: string | null;
  /** Symbols of the simulated market. */
  readonly symbolCount: number;
  /** Seed of the simulated market, an unsigned 32-bit integer. */
  readonly simulationSeed: number;
  /** Folder of recorded candles, or null for the simulated market. */
  readonly replayDir: string | null;
  /** Candle time a unit of clock time; `max` replays without waiting. Means nothing without `replayDir`. */
  readonly replaySpeed: number | 'max';
  /** Endpoint that analyses signals, or null for the built-in analyser. */
  readonly analysisUrl: string | null;
  /** Signals that are analysed at once. */
  readonly analysesAtOnce: number;
  /** Signals that wait for their analysis; beyond it one fails. */
  readonly analysesWaitingMax: number;
  /** Milliseconds a try. */
  readonly analysisTimeoutMs: number;
  /** Tries a minute; 0 for no limit. */
  readonly analysesPerMinute: number;
  readonly logLevel: LogLevel;
}

/** Most symbols of the simulated market, the contract's largest market. More are refused. */
export const SYMBOLS_MAX = 400;

/** Longest screening interval, a day, in milliseconds. A longer one is refused: timers end at 24.8 days. */
export const SCREENING_INTERVAL_MS_MAX = 86_400_000;

/** Most analyses at once. More are refused: each holds a connection. */
export const ANALYSES_AT_ONCE_MAX = 64;

/** Most signals that may wait. More are refused: each keeps the candles of its moment, and costs a walk. */
export const ANALYSES_WAITING_LIMIT = 10_000;

/** Longest time-out of an analysis, ten minutes, in milliseconds. A longer one is refused. */
export const ANALYSIS_TIMEOUT_MS_MAX = 600_000;

/** The values that an option takes. */
interface Domain<T> {
  /** Completes "Expected --flag to be ...". */
  readonly expected: string;
  /** The value that `text` stands for, or undefined if it stands for none. */
  parse(text: string): T | undefined;
}

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
    description: 'time between two screenings of the simulated market',
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
  symbolCount: {
    group: 'Simulated market',
    flag: 'symbols',
    placeholder: 'N',
    variable: 'SYMBOL_COUNT',
    domain: integer(1, SYMBOLS_MAX),
    fallback: 20,
    description: 'symbols of the simulated market',
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
    domain: integer(0, RATE_PER_MINUTE_MAX),
    fallback: 0,
    fallbackText: '0, no limit',
    description: 'tries in any minute',
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

/** Decimal digits only: `1e3`, `0x10`, ` 5` and `+5` are slips more often than they are meant. */
function integer(min: number, max: number, unit = ''): Domain<number> {
  return {
    expected: `an integer from ${min} to ${max}${unit}`,
    parse(text) {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

function path(expected: string): Domain<string | null> {
  return {
    expected,
    parse: text => (text.trim() === '' || text.includes('\0') ? undefined : text),
  };
}

function parseHost(text: string): string | undefined {
  // A last label of digits alone would be a misspelt IPv4 address (WHATWG URL, "ends in a number").
  const isName = /^[\w-]+(\.[\w-]+)*$/.test(text) && !/(^|\.)\d+$/.test(text);
  return isIP(text) !== 0 || isName ? text : undefined;
}

function parseHttpUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  // fetch() refuses a URL with credentials, at each signal.
  return isHttp && url.username === '' && url.password === '' ? url.href : undefined;
}

function parseSpeed(text: string): number | 'max' | undefined {
  if (text === 'max') return 'max';
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return value > 0 && value < Number.POSITIVE_INFINITY ? value : undefined;
}
