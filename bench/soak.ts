import {once} from 'node:events';
import {monitorEventLoopDelay} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {Worker} from 'node:worker_threads';
import {listen, MetricsHub} from '../src/index.js';
import {expectEqual, type Figure, type Role, summaryOf} from './measure.js';
import {atMost, type Table} from './table.js';

const WORKER = new URL('./soak-worker.js', import.meta.url);
const WORKERS = 2;
const SCRAPE_INTERVAL_MS = 1_000;
const KILL_INTERVAL_MS = 5_000;
/** Memory is looked at from here on: until then the heap finds its size. */
const WARM_MS = 60_000;
/** Ten minutes; `SOAK_MINUTES` shortens it for a look. */
const SOAK_MS = Number(process.env.SOAK_MINUTES ?? 10) * 60_000;
/** Counters a worker, as soak-worker.ts has them. */
const KEYS = 100;
const DELAY_RESOLUTION_MS = 5;
const MEMORY_EARLY = 'after the first minute';
const MEMORY_LATE = 'at the end';
/** What the resident memory may grow by after the first minute, relative to then. */
const GROWTH_MAX = 1.1;

/** An hour in miniature: workers record at full speed, a scrape a second, a worker is killed every five. */
export async function run(): Promise<readonly Table[]> {
  const hub = new MetricsHub();
  const server = await listen({source: hub, port: 0, host: '127.0.0.1'});
  const crew = new Crew(hub);
  const delay = monitorEventLoopDelay({resolution: DELAY_RESOLUTION_MS});
  const memory: number[] = [];
  const start = performance.now();
  for (let i = 0; i < WORKERS; i++) crew.start();
  delay.enable();
  let killedAt = start;
  let last = 0;
  while (performance.now() - start < SOAK_MS) {
    await sleep(SCRAPE_INTERVAL_MS);
    const total = totalOf(await (await fetch(server.url)).text());
    if (total < last) throw new Error(`Expected the total to grow, got ${total} after ${last}`);
    last = total;
    if (performance.now() - start > Math.min(WARM_MS, SOAK_MS / 5)) {
      memory.push(process.memoryUsage.rss() / 1e6);
    }
    if (performance.now() - killedAt < KILL_INTERVAL_MS) continue;
    killedAt = performance.now();
    await crew.replaceOldest();
  }
  await crew.stop();
  await server.close();
  checkExact(Buffer.from(hub.renderPage().body).toString(), crew);
  const delays = {p50: delay.percentile(50), p99: delay.percentile(99), max: delay.max};
  return tablesOf(memory, delays, crew);
}

function tablesOf(memory: readonly number[], delays: DelayNs, crew: Crew): Table[] {
  const tenth = Math.max(1, Math.floor(memory.length / 10));
  const early = {name: MEMORY_EARLY, role: 'ours', ...summaryOf(memory.slice(0, tenth))} as const;
  const late = {name: MEMORY_LATE, role: 'ours', ...summaryOf(memory.slice(-tenth))} as const;
  const title = `Soak of ${SOAK_MS / 60_000} minutes: ${WORKERS} workers at full speed, a scrape a second, a kill every 5 s`;
  return [
    {
      id: 'soak-memory',
      title: `${title}: resident memory`,
      unit: 'MB',
      figures: [early, late],
      goals: [atMost([early, late], {of: MEMORY_LATE, times: GROWTH_MAX, than: MEMORY_EARLY})],
      notes: [
        'Of the whole process, the workers’ heaps too; median, lowest and highest of the first and the last tenth of the seconds.',
        `${crew.kills} workers were killed amid ${(crew.done * KEYS).toLocaleString('en-US')} increments. The totals at the end are exact, by key, as far as can be`,
        'known of a worker that is killed: it may have done one increment more than it wrote down. No scrape saw the total fall.',
      ],
    },
    {
      id: 'soak-delay',
      title: `${title}: the main thread’s event loop`,
      unit: 'ms',
      figures: [
        figure('delay, median', 'ours', delays.p50 / 1e6),
        figure('delay, p99', 'ours', delays.p99 / 1e6),
        figure('delay, highest', 'ours', delays.max / 1e6),
      ],
      goals: [],
      notes: [
        `A timer of ${DELAY_RESOLUTION_MS} ms: what it fires late by, its own period included.`,
      ],
    },
  ];
}

/**
 * Every worker adds to its keys in order, so that a kill leaves those before some key one ahead of those from it on: the
 * totals by key begin with no more than what was begun, never rise, and end with what was done. No other page is right.
 */
function checkExact(page: string, {begun, done}: Crew): void {
  const totals = Array.from({length: KEYS}, (_, i) => {
    return Number(new RegExp(`^soak_total\\{key="k${i}"\\} +(\\S+)$`, 'm').exec(page)?.[1]);
  });
  const isOrdered = totals.every((total, i) => i === 0 || total <= totals[i - 1]!);
  const isExact = isOrdered && totals[0]! <= begun && totals.at(-1)! >= done;
  expectEqual(isExact, true, `totals between ${done} and ${begun}, got ${totals.join()}: exact`);
}

/** Nanoseconds. */
interface DelayNs {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** A figure that was measured once. */
function figure(name: string, role: Role, median: number): Figure {
  return {name, role, median, low: median, high: median};
}

/** The workers, and the shared memory in which each says what it has done. */
class Crew {
  readonly #hub: MetricsHub;
  readonly #live: {worker: Worker; marks: BigInt64Array; settled: () => Promise<void>}[] = [];
  begun = 0;
  done = 0;
  kills = 0;

  constructor(hub: MetricsHub) {
    this.#hub = hub;
  }

  start(): void {
    const memory = new SharedArrayBuffer(16);
    const worker = new Worker(WORKER, {workerData: memory});
    const {settled} = this.#hub.attach(worker);
    this.#live.push({worker, marks: new BigInt64Array(memory), settled});
  }

  async replaceOldest(): Promise<void> {
    await this.#endOldest();
    this.start();
  }

  async stop(): Promise<void> {
    while (this.#live.length > 0) await this.#endOldest();
  }

  async #endOldest(): Promise<void> {
    const oldest = this.#live.shift();
    if (oldest === undefined) return;
    const exited = once(oldest.worker, 'exit');
    void oldest.worker.terminate();
    await exited;
    await oldest.settled();
    this.kills++;
    this.begun += Number(Atomics.load(oldest.marks, 0));
    this.done += Number(Atomics.load(oldest.marks, 1));
  }
}

function totalOf(page: string): number {
  let total = 0;
  for (const [, value] of page.matchAll(/^soak_total\{[^}]*\} +(\S+)$/gm)) total += Number(value);
  return total;
}
