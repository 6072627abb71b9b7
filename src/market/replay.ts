import {setImmediate as nextTurn, setTimeout as wait} from 'node:timers/promises';
import {DAY_MS, DayWindow} from './day-window.js';
import {INTERVAL_MS, type Kline, type KlineInterval, type Ticker} from './kline.js';
import {listRecording, readCandles} from './recording.js';

/** Longest single sleep, ms. A longer gap is slept in parts: timers beyond 2^31 ms fire at once. */
const SLEEP_MS_MAX = 3_600_000;

/**
 * Moments between two turns of the event loop at full speed, so that timers, sockets and scrapes go
 * on.
 */
const MOMENTS_PER_TURN = 64;

/** The candles of one series, ascending. */
export interface RecordedSeries {
  symbol: string;
  interval: KlineInterval;
  klines: readonly Kline[];
}

/** What the recording holds of one close time. */
export interface ReplayMoment {
  /** The close time of all its candles, epoch ms. */
  timeMs: number;
  /** The candles that closed, in the order of the series. */
  closed: {symbol: string; interval: KlineInterval; kline: Kline}[];
  /**
   * Tickers of the symbols whose finest series at that time closed a candle, of its last 24 hours.
   */
  tickers: Ticker[];
  /** How much of the replay this moment completes, above 0 up to 1. */
  progress: number;
}

export interface ReplayOptions {
  /** Times real time, or `'max'`: as fast as the moments are taken. Default `'max'`. */
  speed?: number | 'max';
  /** Milliseconds; only differences count. Default `performance.now`. */
  clock?: () => number;
  /**
   * Resolves after so many ms; rejects when the signal aborts. Default `node:timers/promises`'
   * `setTimeout`.
   */
  sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

const DEFAULTS: Readonly<Required<ReplayOptions>> = Object.freeze({
  speed: 'max',
  clock: () => performance.now(),
  sleep: (ms: number, signal: AbortSignal | undefined) =>
    wait(ms, undefined, signal ? {signal} : {}),
});

/** Where one pass of the replay stands in a series. */
interface Cursor extends RecordedSeries {
  /** Next candle to close. */
  position: number;
  /** Close time of the last one closed; -Infinity before the first. */
  closedMs: number;
  window: DayWindow;
  /** The same symbol's series of finer intervals. */
  finer: Cursor[];
}

/**
 * Replays recorded candles in the order in which they closed. Whoever iterates sets the pace: the
 * next moment comes when it is asked for, and at a given speed no earlier than its time. One who
 * falls behind gets the overdue moments at once; none is skipped.
 */
export class Replay {
  readonly #series: readonly RecordedSeries[];
  readonly #options: Required<ReplayOptions>;
  /** Every distinct close time, ascending. */
  readonly #times: Float64Array;

  /** Reads a folder's candle files. Throws `RecordingError`. */
  static async load(folder: string, options: ReplayOptions = {}): Promise<Replay> {
    const series: RecordedSeries[] = [];
    // One file after the other: each is unpacked as a whole.
    for (const file of await listRecording(folder)) {
      const {symbol, interval} = file;
      series.push({symbol, interval, klines: await readCandles(file)});
    }
    return new Replay(series, options);
  }

  /** Throws a `TypeError` for a speed that is no positive number and not `'max'`. */
  constructor(series: readonly RecordedSeries[], options: ReplayOptions = {}) {
    this.#series = series;
    this.#options = {...DEFAULTS, ...options};
    this.#times = distinctTimes(series);
    const {speed} = this.#options;
    if (speed !== 'max' && !(Number.isFinite(speed) && speed > 0)) {
      throw new TypeError(`Expected \`speed\` to be a positive number or 'max', got \`${speed}\``);
    }
  }

  get series(): readonly RecordedSeries[] {
    return this.#series;
  }

  /** How many moments a pass has. */
  get momentCount(): number {
    return this.#times.length;
  }

  /**
   * All moments from the first on; each call is a pass of its own. Ends early when the signal
   * aborts.
   */
  async *moments(signal?: AbortSignal): AsyncGenerator<ReplayMoment, void, undefined> {
    const cursors = createCursors(this.#series);
    const startMs = this.#options.clock();
    for (const [index, timeMs] of this.#times.entries()) {
      await this.#awaitMoment(index, startMs, signal);
      if (signal?.aborted) return;
      const progress = (index + 1) / this.#times.length;
      yield {timeMs, ...takeClosed(cursors, timeMs), progress};
    }
  }

  /** A pass without a signal, for `for await`. */
  [Symbol.asyncIterator](): AsyncGenerator<ReplayMoment, void, undefined> {
    return this.moments();
  }

  /**
   * Counts from the start of the pass, so that sleeping too long once doesn't delay all that
   * follows.
   */
  async #awaitMoment(
    index: number,
    startMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const {speed, clock, sleep} = this.#options;
    if (index % MOMENTS_PER_TURN === MOMENTS_PER_TURN - 1) await nextTurn();
    if (speed === 'max') return;
    const dueMs = startMs + (this.#times[index]! - this.#times[0]!) / speed;
    while (!signal?.aborted && clock() < dueMs) {
      const leftMs = Math.min(dueMs - clock(), SLEEP_MS_MAX);
      await sleep(leftMs, signal).catch((error: unknown) => {
        if (!signal?.aborted) throw error;
      });
    }
  }
}

function distinctTimes(series: readonly RecordedSeries[]): Float64Array {
  const times = new Set<number>();
  for (const {klines} of series) {
    for (const kline of klines) times.add(kline[6]);
  }
  return Float64Array.from(times).sort();
}

function createCursors(series: readonly RecordedSeries[]): Cursor[] {
  const cursors = series.map(
    (one): Cursor => ({
      ...one,
      position: 0,
      closedMs: Number.NEGATIVE_INFINITY,
      window: new DayWindow(one.symbol),
      finer: [],
    }),
  );
  for (const cursor of cursors) {
    const lengthMs = INTERVAL_MS[cursor.interval];
    cursor.finer = cursors.filter(
      ({symbol, interval}) => symbol === cursor.symbol && INTERVAL_MS[interval] < lengthMs,
    );
  }
  return cursors;
}

/** Moves every series that closes a candle at `timeMs` on by it. */
function takeClosed(cursors: Cursor[], timeMs: number): Pick<ReplayMoment, 'closed' | 'tickers'> {
  const moved = cursors.filter(({klines, position}) => klines[position]?.[6] === timeMs);
  const closed = moved.map(cursor => {
    const {symbol, interval, klines} = cursor;
    const kline = klines[cursor.position++]!;
    cursor.closedMs = timeMs;
    cursor.window.record(kline);
    return {symbol, interval, kline};
  });
  const tickers = moved.filter(isFinest).map(({window}) => window.ticker());
  return {closed, tickers};
}

/**
 * Series of a symbol may begin and end at different times; one that is a day old tells no ticker.
 */
function isFinest({finer, closedMs}: Cursor): boolean {
  return finer.every(cursor => cursor.closedMs <= closedMs - DAY_MS);
}
