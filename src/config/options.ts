import {availableParallelism} from 'node:os';
import {LOG_LEVELS, type LogLevel} from '../log.js';
import {WORKERS_MAX} from '../pool/worker-count.js';
import {
  ANALYSES_AT_ONCE,
  ANALYSES_WAITING_MAX,
  ANALYSIS_TIMEOUT_MS,
} from '../signals/analysis-queue.js';
import {RATE_PER_MINUTE_MAX} from '../signals/rate-limit.js';
import {SYNCHRONOUS_MODES, type SynchronousMode} from '../sync/synchronous.js';
import {
  type Domain,
  integer,
  parseHost,
  parseHttpUrl,
  parsePostgresUrl,
  parseSpeed,
  path,
} from './domains.js';

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
  /** Folder of the SQLite file, made where there is none. */
  readonly dataDir: string;
  /** Postgres server that keeps the state, or null for the SQLite file. */
  readonly databaseUrl: string | null;
  /** Written into every row, or null for the host's name. */
  readonly machineId: string | null;
  /** MiB of rows that may wait for the Postgres server. */
  readonly outboxMib: number;
  /** What of a commit survives a power cut. */
  readonly synchronous: SynchronousMode;
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

/** Longest name of a machine, in characters. A longer one is refused. */
export const MACHINE_ID_CHARS_MAX = 128;

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
