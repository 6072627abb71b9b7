import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {MetricsHub} from '../src/index.js';
import {type Curve, type GrowthTable, linear, type Point} from './growth-table.js';
import type {GrowthAnswer, GrowthOrder, GrowthTask} from './growth-worker.js';
import {
  expectEqual,
  type Role,
  roundsWithin,
  summaryOf,
  threadCpuMsOf,
  threadCpuMsUntil,
} from './measure.js';

const WORKER = new URL('./growth-worker.js', import.meta.url);
const WORKER_COUNTS = [1, 4, 16, 64] as const;
const SERIES_COUNTS = [100, 1_000, 10_000] as const;
const ROUNDS = 9;
/** Rounds before those that count: code is compiled, rooms have found their size. */
const WARM_UP_ROUNDS = 3;
/** What a worker thread takes beside its series, and a series with all that is kept of it; both more than was measured. */
const WORKER_BYTES = 20e6;
const SERIES_BYTES = 3_000;
/** How near to a straight line the points have to lie. */
const R_SQUARED_MIN = 0.98;

/** What one size was measured to cost, in the curves' units. */
type Sizes = Record<'merge' | 'addition' | 'scrape' | 'copy', Point[]> & {
  /** By workers: one worker's flush, by its series. */
  readonly flush: Map<number, Point[]>;
};

/** Up to 64 workers with up to 10,000 series each, no two the same: what all their series cost the main thread. */
export async function run(): Promise<readonly GrowthTable[]> {
  const sizes: Sizes = {merge: [], addition: [], scrape: [], copy: [], flush: new Map()};
  const leftOut: string[] = [];
  for (const workers of WORKER_COUNTS) {
    sizes.flush.set(workers, []);
    for (const series of SERIES_COUNTS) {
      const availableBytes = process.availableMemory();
      const neededBytes = workers * (WORKER_BYTES + series * SERIES_BYTES);
      const start = performance.now();
      if (neededBytes < availableBytes) await measure(sizes, workers, series);
      else leftOut.push(`${workers} x ${series} needs ${neededBytes / 1e9} GB: left out.`);
      const seconds = Math.round((performance.now() - start) / 1_000);
      process.stderr.write(`growth-workers: ${workers} x ${series}: ${seconds} s\n`);
    }
  }
  return tablesOf(sizes, leftOut);
}

async function measure(sizes: Sizes, workers: number, series: number): Promise<void> {
  const crew = await Crew.start(workers, series);
  const samples = {merge: [], addition: [], scrape: [], copy: [], flush: []} as Record<
    'merge' | 'addition' | 'scrape' | 'copy' | 'flush',
    number[]
  >;
  const bare = new Float64Array(workers * series).fill(1);
  const sums = new Float64Array(bare.length);
  try {
    for (let round = -WARM_UP_ROUNDS; round < roundsWithin(ROUNDS); round++) {
      if (round === 0) for (const list of Object.values(samples)) list.length = 0;
      const {flushMs, mergeMs} = await crew.mergeMs();
      samples.flush.push(flushMs);
      samples.merge.push(mergeMs);
      samples.addition.push(threadCpuMsOf(() => addUp(sums, bare)));
      const {scrapeMs, copyMs} = await crew.scrapeMs();
      samples.scrape.push(scrapeMs);
      samples.copy.push(copyMs);
    }
    crew.check();
  } finally {
    await crew.stop();
  }
  const size = workers * series;
  for (const name of ['merge', 'addition', 'scrape', 'copy'] as const) {
    sizes[name].push({size, ...summaryOf(samples[name])});
  }
  sizes.flush.get(workers)?.push({size: series, ...summaryOf(samples.flush)});
}

function addUp(sums: Float64Array, values: Float64Array): void {
  for (let i = 0; i < values.length; i++) sums[i]! += values[i]!;
}

/** Workers with series of their own each, and the hub that they are attached to. */
class Crew {
  readonly #hub: MetricsHub;
  readonly #workers: readonly Worker[];
  readonly #series: number;
  readonly #done: Int32Array;
  #adds = 0;
  #page: Uint8Array = new Uint8Array();
  #room: Uint8Array = new Uint8Array();

  private constructor(hub: MetricsHub, workers: Worker[], series: number, done: Int32Array) {
    this.#hub = hub;
    this.#workers = workers;
    this.#series = series;
    this.#done = done;
  }

  static async start(count: number, series: number): Promise<Crew> {
    const hub = new MetricsHub({seriesPerFamilyMax: count * series});
    const done = new SharedArrayBuffer(4);
    const workers = Array.from({length: count}, (_, i) => {
      const workerData: GrowthTask = {shard: `s${i}`, series, done};
      const worker = new Worker(WORKER, {workerData});
      hub.attach(worker);
      return worker;
    });
    const started = workers.map(async worker => {
      const [{mark}] = (await once(worker, 'message')) as [GrowthAnswer];
      if (mark !== undefined) await hub.merged(mark);
    });
    await Promise.all(started);
    const crew = new Crew(hub, workers, series, new Int32Array(done));
    // The first page lays the lines out.
    await crew.scrapeMs();
    return crew;
  }

  /** Processor time of merging what all workers have flushed, and of one worker's flush while the others wait. */
  async mergeMs(): Promise<{mergeMs: number; flushMs: number}> {
    this.#adds++;
    const answers = this.#answers();
    this.#order(this.#workers.slice(0, 1), 'flush');
    this.#order(this.#workers.slice(1), 'flush');
    let flushMs = 0;
    const mergeMs = await threadCpuMsUntil(async () => {
      const said = await answers;
      flushMs = said[0]?.flushMs ?? Number.NaN;
      await Promise.all(said.map(({mark}) => mark && this.#hub.merged(mark)));
    });
    return {mergeMs, flushMs};
  }

  /** Processor time of a page when all series have changed and nothing is flushed; beside it a copy of the page. */
  async scrapeMs(): Promise<{scrapeMs: number; copyMs: number}> {
    this.#adds++;
    const answers = this.#answers();
    this.#order(this.#workers, 'record');
    await answers;
    const scrapeMs = threadCpuMsOf(() => {
      this.#page = this.#hub.renderPage().body;
    });
    if (this.#room.length < this.#page.length) this.#room = this.#page.slice();
    const copyMs = threadCpuMsOf(() => this.#room.set(this.#page));
    return {scrapeMs, copyMs};
  }

  /** Every series stands on the last page with all that was added. */
  check(): void {
    const counts = new Map<string, number>();
    const text = Buffer.from(this.#page).toString('latin1');
    for (const [, value] of text.matchAll(/^work_total\{[^}]*\} +(\S+)/gm)) {
      counts.set(value!, (counts.get(value!) ?? 0) + 1);
    }
    const expected = `${this.#adds},${this.#workers.length * this.#series}`;
    expectEqual([...counts].join(), expected, 'value and number of the lines');
  }

  stop(): Promise<unknown> {
    return Promise.all(this.#workers.map(worker => worker.terminate()));
  }

  #answers(): Promise<GrowthAnswer[]> {
    return Promise.all(
      this.#workers.map(async worker => ((await once(worker, 'message')) as [GrowthAnswer])[0]),
    );
  }

  /** Resolves to nothing: this thread stands still until all have done it, and no message has come. */
  #order(workers: readonly Worker[], order: GrowthOrder): void {
    Atomics.store(this.#done, 0, 0);
    for (const worker of workers) worker.postMessage(order);
    for (;;) {
      const doneCount = Atomics.load(this.#done, 0);
      if (doneCount === workers.length) return;
      Atomics.wait(this.#done, 0, doneCount);
    }
  }
}

function tablesOf(sizes: Sizes, leftOut: readonly string[]): GrowthTable[] {
  const curve = (name: string, role: Role, points: readonly Point[]): Curve => ({
    name,
    role,
    points: [...points].sort((a, b) => a.size - b.size),
  });
  const merge = curve('threadtally', 'ours', sizes.merge);
  const scrape = curve('threadtally', 'ours', sizes.scrape);
  const flushes = [...sizes.flush].map(([workers, points]) =>
    curve(`beside ${workers - 1} others`, 'ours', points),
  );
  const shape = `${WORKER_COUNTS.join(', ')} workers x ${SERIES_COUNTS.join(', ')} series`;
  const about = {sizeUnit: 'series', unit: 'ms'};
  return [
    {
      ...about,
      id: 'growth-merge',
      title: `Merging a flush of every worker: ${shape}, main thread`,
      curves: [merge, curve('bare additions', 'floor', sizes.addition)],
      goals: [linear(merge, R_SQUARED_MIN)],
      notes: [
        'Processor time of the thread, from messages that wait at the ports to totals; all series changed.',
        ...leftOut,
      ],
    },
    {
      ...about,
      id: 'growth-scrape',
      title: `A scrape: ${shape}, main thread`,
      curves: [scrape, curve('copy of the bytes', 'floor', sizes.copy)],
      goals: [linear(scrape, R_SQUARED_MIN)],
      notes: [
        'Processor time of the thread; all series changed, none flushed, and no two workers have the same.',
        ...leftOut,
      ],
    },
    {
      ...about,
      id: 'growth-flush',
      title: 'A flush in one worker, by its own series',
      curves: flushes,
      goals: flushes.map(flush => linear(flush, R_SQUARED_MIN)),
      notes: [
        'The worker’s processor time for one flush of all its series, while the other workers wait.',
      ],
    },
  ];
}
