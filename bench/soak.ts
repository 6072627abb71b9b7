import {once} from 'node:events';
import {monitorEventLoopDelay} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {Worker} from 'node:worker_threads';
import {listen, MetricsHub} from '../src/index.js';
import {expectEqual, type Figure} from './measure.js';
import {type Table, within} from './table.js';

const WORKER = new URL('./soak-worker.js', import.meta.url);
const WORKERS = 2;
const SCRAPE_INTERVAL_MS = 1_000;
const KILL_INTERVAL_MS = 5_000;
/** Memory is looked at from here on: until then the heap finds its size. */
const WARM_MS = 60_000;
/** Ten minutes; `SOAK_MINUTES` shortens it for a look. */
const SOAK_MS = Number(process.env.SOAK_MINUTES ?? 10) * 60_000;
/** What the resident memory may grow by after the first minute, relative to then. */
const GROWTH_MAX = 1.1;

/** An hour in miniature: workers record at full speed, a scrape a second, a worker is killed every five. */
export async function run(): Promise<readonly Table[]> {
  const hub = new MetricsHub();
  const server = await listen({source: hub, port: 0, host: '127.0.0.1'});
  const crew = new Crew(hub);
  const delay = monitorEventLoopDelay({resolution: 5});
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
  const total = totalOf(Buffer.from(hub.renderPage().body).toString());
  // A kill lands within a pass at most once a worker: its hundred counters are some done, some not.
  const isExact = total >= crew.done * 100 && total <= crew.begun * 100;
  expectEqual(isExact, true, `the total ${total} to lie within ${crew.done}00 and ${crew.begun}00`);
  return [tableOf(memory, delay.percentile(99) / 1e6, crew)];
}

function tableOf(memory: readonly number[], delayMs: number, crew: Crew): Table {
  const tenth = Math.max(1, Math.floor(memory.length / 10));
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const early = mean(memory.slice(0, tenth));
  const late = mean(memory.slice(-tenth));
  const figure = (name: string, median: number): Figure => ({
    name,
    role: 'ours',
    median,
    low: median,
    high: median,
  });
  const figures = [
    figure('resident memory after the first minute', early),
    figure('resident memory at the end', late),
    figure('event-loop delay, p99 (ms)', delayMs),
  ];
  const goal = within(
    [figure('growth of the resident memory', late / early)],
    'growth of the resident memory',
    GROWTH_MAX,
    'times',
  );
  return {
    id: 'soak',
    title: `Soak of ${SOAK_MS / 60_000} minutes: ${WORKERS} workers at full speed, a scrape a second, a kill every 5 s`,
    unit: 'MB',
    figures,
    goals: [goal],
    notes: [
      `${crew.kills} workers were killed, ${(crew.done * 100).toLocaleString('en-US')} increments counted; the total at the end`,
      'lies between what the workers had done and what they had begun, and no scrape saw it fall.',
    ],
  };
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
