import {Worker} from 'node:worker_threads';
import {HubPorts, type PortsWatch} from '../channel/hub-ports.js';
import {type MessageEmitter, takeMessages} from '../channel/taken-messages.js';
import {ThreadSlots} from '../channel/thread-slots.js';
import type {FlushMark} from '../channel/worker-port.js';
import type {Recorder, RecorderOptions} from '../metrics/recorder.js';
import {Source} from '../metrics/source.js';
import {Totals, type TotalsReading} from '../metrics/totals.js';
import {HubPages, type Page, type PageFormat} from './hub-pages.js';
import type {HubRegistry} from './hub-registry.js';
import {LiveSet} from './live-set.js';
import {declareOwnMetrics, type OwnMetrics, watchPorts} from './own-metrics.js';
import {type OwnRecorder, recordInto} from './own-recorder.js';
import type {InstrumentOptions} from './pool-families.js';
import {type InstrumentablePool, PoolInstruments} from './pool-instruments.js';
import {RegisteredMetrics} from './registered-metrics.js';
import {ThreadMetrics, type ThreadMetricsOptions} from './thread-metrics.js';
import {Warnings} from './warnings.js';

/** Options of {@link MetricsHub}. */
export interface MetricsHubOptions {
  /** Label sets a family, over all threads; further ones are dropped and counted. Default 10,000. */
  readonly seriesPerFamilyMax?: number;
  /** Milliseconds of a clock that never steps back. Default `performance.now`. */
  readonly now?: () => number;
  /** Milliseconds since 1970. Default `Date.now`. Only for `_created`: see `createdSamples`. */
  readonly epochMs?: () => number;
  /**
   * Whether OpenMetrics pages tell by `_created` when the hub first knew each series of a counter, histogram or summary.
   * Default false: Prometheus makes a series of each. The text page never has them.
   */
  readonly createdSamples?: boolean;
  /**
   * Milliseconds that a page waits for functions given as `collect` to metrics of `hub.registry`; those that take longer
   * show their last known values. Default 2,000.
   */
  readonly collectWaitMsMax?: number;
  /** Told what an operator should know, one line each, each kind once. Default: `process.emitWarning`. */
  readonly onWarning?: (line: string) => void;
}

/** A worker or pool that is attached to a hub. */
export interface Attachment {
  /**
   * Resolves when none of its workers is left and all that they recorded is merged. A `Worker` is waited for from the
   * start; a pool's worker from when it first records.
   */
  settled(): Promise<void>;
}

/** What the main thread's ledger holds counts before any worker's. */
const MAIN_THREAD_RANK = -1;

/**
 * Collects what worker threads and the main thread record, and keeps the page that a scraper reads. No worker is asked
 * anything: a scrape reads their ledgers, where what they record stands at once, and shows this very moment.
 */
export class MetricsHub {
  /** Records on the main thread. */
  readonly recorder: Recorder;
  readonly #ownRecorder: OwnRecorder;
  readonly #totals: Totals;
  readonly #pages: HubPages;
  readonly #ports: HubPorts;
  readonly #pools: PoolInstruments;
  readonly #own: OwnMetrics;
  readonly #now: () => number;
  readonly #warnings: Warnings;
  readonly #watch: PortsWatch;
  /** By what was attached: heard twice, each hello would be refused once. */
  readonly #attachments = new WeakMap<object, Attachment>();
  /** What was attached and still is somebody's. */
  readonly #attached = new LiveSet<object>();
  readonly #slots = new ThreadSlots();
  /** Undefined before `collectThreadMetrics()`. */
  #threads: ThreadMetrics | undefined;
  /** Run before each page, in the order in which they came. */
  readonly #collectors: ((isPage: boolean) => void)[] = [];
  readonly #options: MetricsHubOptions;
  /** Undefined until somebody asks for the registry: who doesn't use it has nothing of it. */
  #registered: RegisteredMetrics | undefined;

  constructor(options: MetricsHubOptions = {}) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#warnings = new Warnings(
      options.onWarning ?? (line => process.emitWarning(line, 'ThreadtallyWarning')),
    );
    this.#watch = watchPorts(() => this.#own, this.#warnings);
    const {epochMs = Date.now, createdSamples = false} = options;
    this.#totals = new Totals(options.seriesPerFamilyMax, this.#now, () => epochMs() / 1_000);
    this.#pages = new HubPages({
      totals: this.#totals,
      createdSamples,
      gather: () => this.#gather(),
      own: () => this.#own,
      warnings: this.#warnings,
      now: this.#now,
    });
    const watch = this.#watch;
    this.#ownRecorder = this.#record();
    this.recorder = this.#ownRecorder.recorder;
    this.#own = declareOwnMetrics(this.recorder);
    const slots = this.#slots;
    this.#ports = new HubPorts({totals: this.#totals, watch, now: this.#now, slots});
    this.#pools = new PoolInstruments({recorder: this.recorder, slots, warn: watch.warn});
    this.onCollect(() => this.#pools.collect());
  }

  /** Worker threads attached now. */
  get workerCount(): number {
    return this.#ports.workerCount;
  }

  /**
   * Attaches workers by the hello that each sends when it starts to record: those of a `Worker`, of a Piscina pool, or of
   * whatever emits their `'message'`. The hello itself is not emitted; other messages are the user's own as before. A
   * second call for the same emitter changes nothing.
   * @throws TypeError for what is no EventEmitter.
   */
  attach(emitter: MessageEmitter): Attachment {
    const known = this.#attachments.get(emitter);
    if (known !== undefined) return known;
    const group = this.#ports.group();
    takeMessages(emitter, message => group.receive(message));
    const exited = exitOf(emitter);
    const settled = async () => {
      await Promise.all([exited, group.settled()]);
      // Its hello may have come in between.
      await group.settled();
    };
    const attachment = {settled};
    this.#attachments.set(emitter, attachment);
    this.#attached.add(emitter);
    return attachment;
  }

  /**
   * Measures a Piscina pool and attaches it: workers active and idle, tasks that wait, complete and fail, how long they
   * wait, and how long they take by slot. Nothing is asked of the worker's code. To be called right where the pool is
   * made: workers that it had before are not timed. Pools of one prefix add up.
   * @returns The pool.
   * @throws TypeError for what is no pool, for options that no family can have, or for a second prefix of one pool.
   */
  instrument<P extends InstrumentablePool>(pool: P, options: InstrumentOptions = {}): P {
    this.#pools.instrument(pool, options);
    this.attach(pool);
    return pool;
  }

  /**
   * Measures the process and its threads: CPU and memory once; of the main thread and of each attached worker how busy
   * its event loop is; of the main thread heap and lag, which a worker tells by `connect({threadMetrics})`. A second
   * call changes nothing.
   */
  collectThreadMetrics(options: ThreadMetricsOptions = {}): void {
    if (this.#threads !== undefined) return;
    const threads = new ThreadMetrics({
      ...options,
      recorder: this.recorder,
      slots: this.#slots,
      attached: this.#attached,
    });
    this.#threads = threads;
    this.#collectors.push(isPage => threads.collect(isPage));
  }

  /**
   * Resolves when the hub knows all that a worker had recorded at that mark; a worker that dies meanwhile settles it.
   * Rejects with a `MergeWaitError`: `too_many_waits` where 10,000 wait, `hub_closed` for a worker that never came.
   * @throws TypeError for what is no mark.
   */
  merged(mark: FlushMark): Promise<void> {
    if (typeof mark?.channel !== 'string' || typeof mark.sequence !== 'number') {
      throw new TypeError("Expected what a worker's flush() returned, got something else");
    }
    return this.#ports.merged(mark);
  }

  /**
   * To be called when no worker is to come any more: whoever waits for one that isn't attached is told so, then and from then
   * on. Workers that are attached are served as before, and so are pages.
   */
  close(): void {
    this.#ports.close();
  }

  /** Calls `collect` before each page, for gauges that are true only at that moment. */
  onCollect(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** Takes a label set off the page, whichever threads still have it; true where it was known. */
  forget(family: string, labels: Readonly<Record<string, string>>): boolean {
    this.#ownRecorder.gather();
    const names = this.#totals.families.get(family)?.spec.labelNames ?? [];
    return this.#totals.forget(
      family,
      names.map(name => labels[name]),
    );
  }

  /** An `AggregatorRegistry` of prom-client that tells what all threads recorded, and takes the main thread's metrics. */
  get registry(): HubRegistry {
    this.#registered ??= this.#openRegistry();
    return this.#registered.registry;
  }

  /**
   * Makes ready for a page what is better not done at once: reads what is registered with `registry`, and lays out lines
   * that are new, a few milliseconds a turn of the event loop. Undefined where nothing is to be waited for. Resolves in
   * bounded time, see `collectWaitMsMax`, and never rejects.
   */
  collect(format: PageFormat = 'text'): Promise<void> | undefined {
    const layOut = () => this.#pages.layOut(format);
    return this.#registered?.collect()?.then(layOut) ?? layOut();
  }

  /** The page of this moment with what is registered with `registry`, in bytes of its own. */
  async collectPage(format: PageFormat = 'text'): Promise<Page> {
    await this.collect(format);
    const sliced = this.renderInSlices(format);
    if (sliced !== undefined) return sliced;
    const {body, contentType} = this.renderPage(format);
    return {body: body.slice(), contentType};
  }

  /**
   * The page of a moment after this call, in bytes of its own that nobody may change: its values are read in one piece, and
   * written a few milliseconds a turn of the event loop. Who asks while a page is made gets the next one, with all others who
   * do. Undefined for a page of fewer than 20,000 lines, which `renderPage()` makes at once.
   */
  renderInSlices(format: PageFormat = 'text'): Promise<Page> | undefined {
    return this.#pages.renderInSlices(format);
  }

  /** The page of this moment. Every format shows the same samples; what is registered with `registry` is as `collect()` last read it. */
  renderPage(format: PageFormat = 'text'): Page {
    return this.#pages.render(format);
  }

  /**
   * The page of this moment, or the one that this method rendered before in this turn of the event loop: a server's requests
   * that came together cost one rendering, and each is measured as a scrape. See {@link TurnPages}.
   */
  renderPageOfTurn(format: PageFormat = 'text'): Page {
    return this.#pages.renderOfTurn(format);
  }

  /**
   * Calls `read` with every family and value of this moment, those that are registered with `registry` as they were read
   * just before. What it is given holds only until it returns. Rejects where `read` throws.
   */
  async readTotals<R>(read: (totals: TotalsReading) => R): Promise<R> {
    await this.#registered?.collect();
    this.#gather(false);
    this.#totals.refresh();
    return read(this.#totals);
  }

  /** Brings the totals up to this moment: for a page, or for a look in between. */
  #gather(isPage = true): void {
    for (const collect of this.#collectors) this.#collect(() => collect(isPage));
    this.#own.hubWorkers.set(this.#ports.workerCount);
    this.#own.hubSeries.set(this.#totals.seriesCount);
    this.#ownRecorder.gather();
    this.#registered?.gather();
    this.#ports.sample();
  }

  #openRegistry(): RegisteredMetrics {
    return new RegisteredMetrics({
      totals: this.#totals,
      own: this.#record(),
      collectWaitMsMax: this.#options.collectWaitMsMax,
      gather: () => this.#gather(),
      collectPage: format => this.collectPage(format),
      onWarning: line => this.#warnings.once(line),
      isMeasured: name => this.#threads?.measures(name) === true,
    });
  }

  /** A ledger of the main thread. */
  #record(): OwnRecorder {
    const {seriesPerFamilyMax} = this.#options;
    const options: RecorderOptions = seriesPerFamilyMax === undefined ? {} : {seriesPerFamilyMax};
    const source = new Source(this.#totals, {rank: MAIN_THREAD_RANK, watch: this.#watch});
    return recordInto(source, options);
  }

  /** A gauge that can't be told is no reason to show none. */
  #collect(collect: () => void): void {
    try {
      collect();
    } catch (error) {
      this.#warnings.once(`A function given to onCollect() failed: ${String(error)}`);
    }
  }
}

/** When a thread ends; at once for one that has ended, and for what is no single thread. */
async function exitOf(emitter: MessageEmitter): Promise<void> {
  if (!(emitter instanceof Worker) || emitter.threadId < 0) return;
  await new Promise<void>(resolve => emitter.once('exit', () => resolve()));
}
