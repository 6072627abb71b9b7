import type {LogLevel} from '../log.js';
import type {KlineInterval} from '../market/kline.js';
import type {SynchronousMode} from '../sync/synchronous.js';

/** The machine's configuration: every option has its value, and none can be changed. */
export interface Config {
  /** TCP port of /metrics; 0 picks a free one. */
  readonly port: number;
  /** Address to listen at; `::` takes IPv6 and IPv4. */
  readonly host: string;
  /** Whether the live page is served at `/`. */
  readonly livePage: (typeof SWITCH)[number];
  /** Bearer token that the server asks for, or null for none. */
  readonly metricsToken: string | null;
  /** Worker threads, 1 to `WORKERS_MAX`. */
  readonly workerCount: number;
  /** Milliseconds from the start of one screening of the simulated market to the next. */
  readonly screeningIntervalMs: number;
  /** JSON file of the traders, or null for the built-in ones. */
  readonly tradersFile: string | null;
  /** Milliseconds that a trader has for one screening. */
  readonly taskTimeoutMs: number;
  /** MiB of memory that a worker may use, typed arrays included, beyond which it is ended. */
  readonly workerHeapMib: number;
  /** The exchange that is listened to: one inside this program, or Binance. */
  readonly feed: Feed;
  /** Base URL of Binance's streams. Means nothing to the simulated feed. */
  readonly streamUrl: string;
  /** Base URL of Binance's REST interface. Means nothing to the simulated feed. */
  readonly restUrl: string;
  /** Symbols to follow: those of the largest 24-hour quote volume. */
  readonly symbolCount: number;
  /** What the followed symbols trade against, such as `USDT`. */
  readonly quoteAsset: string;
  /** Candle lengths to follow, each once. */
  readonly intervals: readonly KlineInterval[];
  /** Candles a series to load at the start, and to keep. */
  readonly historyCandles: number;
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

/** One of the exchanges that can be listened to. */
export type Feed = (typeof FEEDS)[number];

/** What an option says that is there or isn't. */
export const SWITCH = ['on', 'off'] as const;

/** Every feed. */
export const FEEDS = ['simulated', 'binance'] as const;

/** Most symbols to follow, the contract's largest market. More are refused. */
export const SYMBOLS_MAX = 400;

/** Most candles a series: the contract's 1,440 and some. More are refused; 400 symbols x 4 intervals of them take 230 MB. */
export const HISTORY_CANDLES_MAX = 1_500;

/** Longest screening interval, a day, in milliseconds. A longer one is refused: timers end at 24.8 days. */
export const SCREENING_INTERVAL_MS_MAX = 86_400_000;

/** Longest time of a trader, ten minutes, in milliseconds. A longer one is refused. */
export const TASK_TIMEOUT_MS_MAX = 600_000;

/** Least heap of a worker, in MiB. Less is refused: realm, candles and filters of a worker need some. */
export const WORKER_HEAP_MIB_MIN = 32;

/** Largest heap of a worker, in MiB. More is refused: it would be a slip of the pen. */
export const WORKER_HEAP_MIB_MAX = 16_384;

/** Most analyses at once. More are refused: each holds a connection. */
export const ANALYSES_AT_ONCE_MAX = 64;

/** Most signals that may wait. More are refused: each keeps the candles of its moment, and costs a walk. */
export const ANALYSES_WAITING_LIMIT = 10_000;

/** Longest time-out of an analysis, ten minutes, in milliseconds. A longer one is refused. */
export const ANALYSIS_TIMEOUT_MS_MAX = 600_000;

/** Longest name of a machine, in characters. A longer one is refused. */
export const MACHINE_ID_CHARS_MAX = 128;
