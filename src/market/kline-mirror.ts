import type {Kline, MarketData} from './kline.js';
import {type KlineSnapshot, MOMENT_NUMBERS, type VerbatimSeries} from './kline-layout.js';
import {KlineRing} from './kline-ring.js';
import {KlineSegments} from './kline-segments.js';
import {MirroredSeries, type RowComparison} from './mirrored-series.js';
import {SeriesDirectory} from './series-directory.js';
import {encodeRows} from './verbatim-rows.js';

/** The candles of a series can't be handed to a worker: they hold an object, say. */
export class KlinesUnsharableError extends Error {
  override readonly name = 'KlinesUnsharableError';
  readonly code = 'klines_unsharable';
}

/** A caller had promised to replace rows, and wrote into one. */
export class RowWrittenError extends Error {
  override readonly name = 'RowWrittenError';
  readonly code = 'row_written';

  constructor(symbol: string, interval: string, row: Kline) {
    super(
      `Expected rows that are replaced, got one that was written into: ${symbol} ${interval}, open time ${row[0]}; ` +
        'from now on all fields of all rows are compared (row_written)',
    );
  }
}

/** Options of {@link KlineMirror}. */
export interface KlineMirrorOptions {
  /**
   * True where the caller never again writes into a row that an update has seen further from its series' end than the last three, wherever that
   * row is by then, and replaces it instead: rows are then taken for unchanged as long as they are the same arrays. One row of 32 is compared all the same, another one at each update;
   * once the promise turns out to be broken, all fields are compared, in that update already. Default false.
   */
  readonly rowsAreReplaced?: boolean;
  /** Told once where that doesn't hold. Default nobody. */
  readonly onRowWritten?: (error: RowWrittenError) => void;
}

/**
 * A caller's Maps of candles, once more in memory that workers share. It is as large as the Maps
 * are, and follows them: what they no longer hold is given back.
 *
 * Not to be updated while a snapshot of before is still read: a ring has no room for both.
 */
export class KlineMirror {
  readonly #segments = new KlineSegments();
  readonly #directory = new SeriesDirectory<MirroredSeries>();
  /** By symbol, then interval: every series of the Maps at the last update. */
  #symbols = new Map<string, Map<string, MirroredSeries>>();
  #rowsAreReplaced: boolean;
  #updateCount = 0;
  /** The first of this update. */
  #written: RowWrittenError | undefined;
  readonly #onWritten = ({symbol, interval}: MirroredSeries, row: Kline) => {
    this.#written ??= new RowWrittenError(symbol, interval, row);
  };
  readonly #onRowWritten: (error: RowWrittenError) => void;

  constructor({rowsAreReplaced = false, onRowWritten = () => {}}: KlineMirrorOptions = {}) {
    this.#rowsAreReplaced = rowsAreReplaced;
    this.#onRowWritten = onRowWritten;
  }

  /** Bytes of shared memory, the parts not yet used included. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  /**
   * This moment of the Maps. Only what changed since the last call is written. A series that
   * numbers can't tell exactly (see `encodeRow()`) is copied as it is instead; one that can't even
   * be copied is left out, and told to `onUnsharable`.
   */
  update(
    klines: MarketData['klines'],
    onUnsharable: (error: KlinesUnsharableError) => void,
  ): KlineSnapshot {
    this.#updateCount++;
    let pass = this.#mirror(klines);
    const written = this.#written;
    if (written !== undefined) {
      this.#rowsAreReplaced = false;
      this.#written = undefined;
      // Others may have been written into as well.
      pass = this.#mirror(klines);
    }
    const snapshot = this.#snapshot(pass.verbatim);
    // At the end: who listens may throw, and what is mirrored has to be whole by then.
    if (written !== undefined) this.#onRowWritten(written);
    for (const error of pass.errors) onUnsharable(error);
    return snapshot;
  }

  #mirror(klines: MarketData['klines']) {
    const before = this.#symbols;
    this.#symbols = new Map();
    const verbatim: VerbatimSeries[] = [];
    const errors: KlinesUnsharableError[] = [];
    const comparison = {
      byIdentity: this.#rowsAreReplaced,
      updateCount: this.#updateCount,
      onWritten: this.#onWritten,
    };
    for (const [symbol, intervals] of klines) {
      // The caller's types may not hold: a symbol without candles is skipped, says the contract.
      if (!(intervals instanceof Map)) continue;
      for (const [interval, rows] of intervals) {
        if (!Array.isArray(rows)) continue;
        const series = before.get(symbol)?.get(interval) ?? this.#create(symbol, interval);
        before.get(symbol)?.delete(interval);
        if (this.#isUpdated(series, rows, comparison)) this.#keep(series);
        else this.#copy(series, rows, verbatim, errors);
      }
    }
    for (const left of before.values()) for (const series of left.values()) this.#drop(series);
    return {verbatim, errors};
  }

  /** False where numbers can't tell the rows, or where they can't even be read. */
  #isUpdated(series: MirroredSeries, rows: readonly Kline[], comparison: RowComparison): boolean {
    try {
      return series.update(rows, comparison);
    } catch {
      return false;
    }
  }

  #create(symbol: string, interval: string): MirroredSeries {
    const series: MirroredSeries = new MirroredSeries(symbol, interval, (capacity, ring) => {
      const id = this.#directory.nextId();
      const place = this.#segments.allocate(capacity, id);
      if (ring !== undefined) this.#segments.release(ring.place);
      this.#directory.add(series, id);
      return new KlineRing(this.#segments, place);
    });
    return series;
  }

  #keep(series: MirroredSeries): void {
    const intervals = this.#symbols.get(series.symbol) ?? new Map<string, MirroredSeries>();
    this.#symbols.set(series.symbol, intervals.set(series.interval, series));
  }

  #drop(series: MirroredSeries): void {
    this.#directory.remove(series);
    this.#segments.release(series.ring.place);
  }

  #copy(
    series: MirroredSeries,
    rows: readonly Kline[],
    verbatim: VerbatimSeries[],
    errors: KlinesUnsharableError[],
  ): void {
    const {symbol, interval} = series;
    this.#drop(series);
    try {
      verbatim.push({symbol, interval, rows: encodeRows(rows)});
    } catch (cause) {
      const message = `Expected candles of ${symbol} ${interval} that can be copied, got ${String(cause)}`;
      errors.push(new KlinesUnsharableError(message, {cause}));
    }
  }

  #snapshot(verbatim: readonly VerbatimSeries[]): KlineSnapshot {
    const bytes = this.#directory.count * MOMENT_NUMBERS * Float64Array.BYTES_PER_ELEMENT;
    const moment = new SharedArrayBuffer(bytes);
    const numbers = new Float64Array(moment);
    let offset = 0;
    for (const series of this.#directory) {
      series.writeMoment(numbers, offset);
      offset += MOMENT_NUMBERS;
    }
    this.#segments.countSnapshot();
    return {...this.#directory.encoded(), segments: this.#segments.all, moment, verbatim};
  }
}
