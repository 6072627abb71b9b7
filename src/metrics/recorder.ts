import {ChangeList} from './change-list.js';
import {Counter, CounterSeries} from './counter.js';
import {
  DELTA_CELLS_MAX,
  type Declaration,
  encodeDelta,
  type SeriesMessage,
  type WireLabel,
} from './delta.js';
import {EXEMPLARS_DROPPED, type Exemplar, isExemplar} from './exemplar.js';
import {
  conflictBetween,
  defineFamily,
  type FamilyOptions,
  type FamilySpec,
  type FamilyType,
  shown,
} from './family.js';
import {Gauge, GaugeSeries} from './gauge.js';
import {boundsOf, Histogram, HistogramSeries} from './histogram.js';
import {type Cells, Ledger} from './ledger.js';
import {PendingExemplars} from './pending-exemplars.js';
import {DROP_REASONS, type DropReason, SERIES_PER_FAMILY_MAX} from './series.js';
import {Summary, SummarySeries} from './summary.js';
import {type Leaving, type SeriesFactory, ThreadFamily} from './thread-family.js';

/** Where a recorder's messages go, in order: a MessagePort, or the hub itself in its own thread. */
export interface RecorderSink {
  declare(message: Declaration): void;
  /** May keep the buffer; the recorder never touches it again. */
  deltas(buffer: ArrayBuffer, sequence: number): void;
}

/** Options of {@link Recorder}. */
export interface RecorderOptions {
  /** Label sets a family; further ones are dropped and counted. Default {@link SERIES_PER_FAMILY_MAX}. */
  readonly seriesPerFamilyMax?: number;
}

/** The ledger cells of one family, for whoever writes numbers that were counted elsewhere. */
export interface FamilyCells {
  readonly spec: FamilySpec;
  /**
   * A label set's cells, at 0 if it is new, as many as `cellCountOf()` says. Undefined where it is refused. A `writer` that
   * shares them with others takes its leave by `leave()`.
   */
  cells(labels: Readonly<Record<string, string>>, writer?: object): Cells | undefined;
  /** Takes a label set's series out of this thread, but where somebody else has counted in it too. */
  leave(labels: Readonly<Record<string, string>>, leaving: Leaving): void;
}

/** The classes in which a family's caller records. */
export interface MetricForm<S extends object, M extends object> {
  /** What the caller calls these, for an error message. */
  readonly api: string;
  /** Makes a series of the family. */
  readonly make: SeriesFactory<S>;
  /** Whether a family without labels has no series before it is recorded. Default: it stands at 0 at once. */
  readonly isLazy?: boolean;
  /** Made once a family. */
  readonly metric: new (
    family: ThreadFamily<S>,
  ) => M;
}

const API = 'a recorder';

/** The family in which every thread counts what it couldn't record. */
export const SAMPLES_DROPPED = Object.freeze({
  name: 'hub_samples_dropped_total',
  help: 'Samples that were not counted, by reason.',
  labelNames: Object.freeze(['reason'] as const),
});

/** Everything that one thread records: its families, its ledger, and what its reader has been told of both. */
export class Recorder {
  readonly #sink: RecorderSink;
  readonly #ledger: Ledger;
  readonly #seriesMax: number;
  readonly #families = new Map<
    string,
    {number: number; family: ThreadFamily<object>; metric: object; api: string}
  >();
  /** Families of which nothing but cells was given out: whoever asks for a metric first says how they are recorded. */
  readonly #unused = new Set<string>();
  readonly #drops: Record<DropReason, CounterSeries>;
  readonly #exemplars = new PendingExemplars();
  /** Of the delta that is being put together; empty between flushes. */
  readonly #changes = new ChangeList(DELTA_CELLS_MAX, () => this.#post());
  /** Of the last delta that was handed to the sink; 0 before the first. */
  #sequence = 0;

  constructor(sink: RecorderSink, options: RecorderOptions = {}) {
    this.#sink = sink;
    this.#seriesMax = seriesMaxOf(options);
    this.#ledger = new Ledger(segment => sink.declare({kind: 'segment', ...segment}));
    const dropped = this.counter(SAMPLES_DROPPED);
    const series = DROP_REASONS.map(reason => [reason, dropped.labels({reason})]);
    this.#drops = Object.fromEntries(series);
  }

  /** Sequence number of the last delta that was handed over; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Declares a counter, or returns the one of that name. Throws where the two contradict each other. */
  counter<L extends string = never>(options: FamilyOptions<L>): Counter<L> {
    const make: SeriesFactory<CounterSeries> = (cells, refusals) =>
      new CounterSeries(cells, refusals);
    return this.declare('counter', options, {api: API, make, metric: Counter<L>});
  }

  /** Declares a gauge, or returns the one of that name. Throws where the two contradict each other. */
  gauge<L extends string = never>(options: FamilyOptions<L>): Gauge<L> {
    const make: SeriesFactory<GaugeSeries> = (cells, refusals) => new GaugeSeries(cells, refusals);
    return this.declare('gauge', options, {api: API, make, metric: Gauge<L>});
  }

  /** Declares a histogram, or returns the one of that name. Throws where the two contradict each other. */
  histogram<L extends string = never>(options: FamilyOptions<L>): Histogram<L> {
    const bounds = boundsOf(defineFamily('histogram', options).buckets);
    const make: SeriesFactory<HistogramSeries> = (cells, refusals) =>
      new HistogramSeries(cells, refusals, bounds);
    return this.declare('histogram', options, {api: API, make, metric: Histogram<L>});
  }

  /** Declares a summary, or returns the one of that name. Throws where the two contradict each other. */
  summary<L extends string = never>(options: FamilyOptions<L>): Summary<L> {
    const make: SeriesFactory<SummarySeries> = (cells, refusals) =>
      new SummarySeries(cells, refusals);
    return this.declare('summary', options, {api: API, make, metric: Summary<L>});
  }

  /**
   * Declares a family that is recorded in the caller's own classes, or returns the metric of that name.
   * @throws TypeError where the two contradict each other, or are recorded in different classes.
   */
  declare<S extends object, M extends object>(
    type: FamilyType,
    options: FamilyOptions,
    {api, make, isLazy, metric: Metric}: MetricForm<S, M>,
  ): M {
    const spec = defineFamily(type, options);
    const known = this.#families.get(spec.name);
    if (known !== undefined) {
      const conflict = conflictBetween(known.family.spec, spec);
      if (conflict !== undefined) throw new TypeError(conflict);
      const isUnused = this.#unused.delete(spec.name);
      if (known.metric instanceof Metric) return known.metric;
      if (!isUnused) {
        throw new TypeError(
          `Expected ${spec.name} to be recorded by ${known.api} alone in this thread, got ${api} too`,
        );
      }
      known.family.remake(make);
      const metric = new Metric(known.family as ThreadFamily<S>);
      this.#families.set(spec.name, {...known, metric, api});
      return metric;
    }
    const number = this.#families.size;
    this.#sink.declare({kind: 'family', family: number, spec});
    const family = new ThreadFamily(spec, this.#ownerOf(number), {make, isLazy});
    const metric = new Metric(family);
    this.#families.set(spec.name, {number, family, metric, api});
    return metric;
  }

  /**
   * Declares a family, whatever classes it is recorded in, and gives its cells instead of a metric.
   * @throws TypeError where the two contradict each other.
   */
  familyCells(type: FamilyType, options: FamilyOptions): FamilyCells {
    const known = this.#families.get(options.name)?.family;
    if (known === undefined) {
      this[type](options);
      this.#unused.add(options.name);
      return this.#families.get(options.name)!.family;
    }
    const conflict = conflictBetween(known.spec, defineFamily(type, options));
    if (conflict !== undefined) throw new TypeError(conflict);
    return known;
  }

  /** Counts a sample that can't be counted. */
  drop(reason: DropReason): void {
    this.#drops[reason].inc();
  }

  /**
   * Keeps an exemplar of what a cell counts for the next flush, in the place of the one before it. One that no page can
   * show, or that is of too many cells a flush, is dropped and counted. Best effort: a thread that dies takes along what it
   * hasn't flushed.
   */
  keepExemplar(cell: number, exemplar: Exemplar): void {
    const isWhole = isExemplar(exemplar);
    if (isWhole && this.#exemplars.put(cell, exemplar)) return;
    this.counter(EXEMPLARS_DROPPED).inc({reason: isWhole ? 'flush_limit' : 'malformed'});
  }

  /**
   * Hands the sink what changed since the last flush, and returns the sequence number of the last delta: once the
   * reader has merged that one, it knows all that was recorded so far. Where nothing changed, nothing is handed over.
   */
  flush(): number {
    const before = this.#sequence;
    const hadExemplars = this.flushExemplars();
    this.#ledger.takeChanges(this.#changes);
    if (this.#changes.count > 0) this.#post();
    // An increase by 0 changes no cell. With a number of its own, exemplars can be waited for, and what nobody hears is
    // as bounded as deltas are.
    if (hadExemplars && this.#sequence === before) this.#post();
    return this.#sequence;
  }

  /** Hands the sink the exemplars alone, for a reader that reads the ledger itself. False where there were none. */
  flushExemplars(): boolean {
    const exemplars = this.#exemplars.take();
    if (exemplars.length > 0) this.#sink.declare({kind: 'exemplars', exemplars});
    return exemplars.length > 0;
  }

  #post(): void {
    this.#sequence++;
    const {cells, values, count} = this.#changes;
    this.#changes.count = 0;
    const delta = encodeDelta(this.#sequence, cells.subarray(0, count), values.subarray(0, count));
    this.#sink.deltas(delta, this.#sequence);
  }

  #ownerOf(family: number) {
    const declareSeries = (_: FamilySpec, {cell}: Cells, labels: readonly WireLabel[]) => {
      const message: SeriesMessage = {kind: 'series', family, cell, labels};
      this.#sink.declare(message);
    };
    const retireSeries = (cells: Cells, cellCount: number, reusable: boolean) => {
      // The last values first, then the notice, then the zeroes: killed between any two, nothing is lost or doubled.
      this.#ledger.takeChangesOf(cells, cellCount, this.#changes);
      if (this.#changes.count > 0) this.#post();
      this.#exemplars.forget(cells.cell, cellCount);
      this.#sink.declare({kind: 'retire', cell: cells.cell});
      if (reusable) this.#ledger.release(cells, cellCount);
    };
    return {
      ledger: this.#ledger,
      refusals: {drop: (reason: DropReason) => this.#drops[reason].inc()},
      seriesMax: this.#seriesMax,
      declareSeries,
      retireSeries,
      keepExemplar: (cell: number, exemplar: Exemplar) => this.keepExemplar(cell, exemplar),
    };
  }
}

/** @throws TypeError for a bound that is no integer, or too small for the families that every thread has. */
function seriesMaxOf({seriesPerFamilyMax = SERIES_PER_FAMILY_MAX}: RecorderOptions): number {
  if (Number.isSafeInteger(seriesPerFamilyMax) && seriesPerFamilyMax >= DROP_REASONS.length) {
    return seriesPerFamilyMax;
  }
  throw new TypeError(
    `Expected \`seriesPerFamilyMax\` to be an integer of at least ${DROP_REASONS.length}, got ${shown(seriesPerFamilyMax)}`,
  );
}
