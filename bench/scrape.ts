import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import type {FlushMark} from '../src/channel/worker-port.js';
import {MetricsHub} from '../src/index.js';
import {compare, cpuMsOf, cpuMsUntil, expectEqual, type Role} from './measure.js';
import type {ScrapeTask} from './scrape-worker.js';
import {type Table, within} from './table.js';

const WORKERS = 4;
const COUNTERS = 2_500;
const HISTOGRAMS = 50;
const ROUNDS = 11;
/** Pages before those that count: code is compiled. */
const WARM_UP_ROUNDS = 4;
const WORKER = new URL('./scrape-worker.js', import.meta.url);

type Shape = 'same labels' | 'disjoint';

/** One scrape over four workers: what it costs the main thread, and all threads, when every value changed. */
export async function run(): Promise<readonly Table[]> {
  return [...(await measure('same labels', 1)), ...(await measure('disjoint', 3))];
}

async function measure(shape: Shape, boundMs: number): Promise<Table[]> {
  const all = [
    await startOurs(shape),
    await startPeer('prom-client 15', promClient, shape),
    await startPeer('successor 0.16', successor as unknown as typeof promClient, shape),
  ];
  try {
    for (const {mainMs, wholeMs} of all) {
      for (let round = 0; round < WARM_UP_ROUNDS; round++) await mainMs();
      await wholeMs();
    }
    const id = shape.replace(' ', '-');
    const work = `${WORKERS} workers x ${COUNTERS.toLocaleString('en-US')} series + ${HISTOGRAMS} histograms, ${shape}`;
    const main = await compare(
      all.map(subject => ({...subject, sample: subject.mainMs})),
      ROUNDS,
    );
    const whole = await compare(
      all.map(subject => ({...subject, sample: subject.wholeMs})),
      ROUNDS,
    );
    return [
      {
        id: `scrape-${id}`,
        title: `One scrape over ${work}: the main thread’s processor time`,
        unit: 'ms',
        figures: main,
        goals: [within(main, 'threadtally', boundMs, 'ms')],
        notes: [
          'No other thread works meanwhile. The peers aggregate what each worker has already turned into JSON: their workers’',
          'share and the messages are left out, in their favour; they stand in the next table.',
        ],
      },
      {
        id: `scrape-whole-${id}`,
        title: `One scrape over ${work}: processor time of all threads`,
        unit: 'ms',
        figures: whole,
        goals: [within(whole, 'threadtally', boundMs, 'ms')],
        notes: [
          'From the question to the page. Ours asks no worker, so that all threads together spend what the main thread does, and',
          'the workers nothing; a worker of the peers turns its metrics into JSON, and sends it.',
        ],
      },
    ];
  } finally {
    await Promise.all(all.map(({stop}) => stop()));
  }
}

/** Someone who scrapes the workers. */
interface Subject {
  readonly name: string;
  readonly role: Role;
  /** Milliseconds of processor time on the main thread, every value having changed. */
  mainMs(): Promise<number>;
  /** The same over all threads. */
  wholeMs(): Promise<number>;
  stop(): Promise<unknown>;
}

async function startWorkers(library: ScrapeTask['library'], shape: Shape, hub?: MetricsHub) {
  const workers = Array.from({length: WORKERS}, (_, i) => {
    const shard = shape === 'disjoint' ? `s${i}` : 's';
    const workerData: ScrapeTask = {library, shard, counters: COUNTERS, histograms: HISTOGRAMS};
    const worker = new Worker(WORKER, {workerData});
    hub?.attach(worker);
    return worker;
  });
  const ask = (message: 'add' | 'ask') =>
    Promise.all(
      workers.map(async worker => {
        const answer = once(worker, 'message');
        worker.postMessage(message);
        return (await answer)[0] as unknown;
      }),
    );
  const stop = () => Promise.all(workers.map(worker => worker.terminate()));
  return {ask, stop};
}

async function startOurs(shape: Shape): Promise<Subject> {
  const hub = new MetricsHub();
  const {ask, stop} = await startWorkers('threadtally', shape, hub);
  let adds = 1;
  const cpuMs = async () => {
    adds++;
    await ask('add');
    let body = new Uint8Array();
    const ms = cpuMsOf(() => {
      body = hub.renderPage().body as typeof body;
    });
    expectEqual(sumOf(Buffer.from(body).toString()), adds * WORKERS * COUNTERS, 'our total');
    return ms;
  };
  // Names come once, in thousands of messages; from then on a page shows at once what stands in the ledgers.
  const marks = (await ask('add')) as FlushMark[];
  await Promise.all(marks.map(mark => hub.merged(mark)));
  // The first page lays the lines out.
  await cpuMs();
  return {name: 'threadtally', role: 'ours', mainMs: cpuMs, wholeMs: cpuMs, stop};
}

async function startPeer(name: string, peer: typeof promClient, shape: Shape): Promise<Subject> {
  const {ask, stop} = await startWorkers('prom-client', shape);
  let adds = 0;
  const add = async () => {
    adds++;
    await ask('add');
  };
  const pageOf = (answers: unknown[]) =>
    peer.AggregatorRegistry.aggregate(answers as object[]).metrics();
  const check = (page: string) =>
    expectEqual(sumOf(page), adds * WORKERS * COUNTERS, `the total of ${name}`);
  const mainMs = async () => {
    await add();
    const answers = await ask('ask');
    let page = '';
    const ms = await cpuMsUntil(async () => {
      page = await pageOf(answers);
    });
    check(page);
    return ms;
  };
  const wholeMs = async () => {
    await add();
    let page = '';
    const ms = await cpuMsUntil(async () => {
      page = await pageOf(await ask('ask'));
    });
    check(page);
    return ms;
  };
  return {name, role: 'peer', mainMs, wholeMs, stop};
}

function sumOf(page: string): number {
  let sum = 0;
  for (const [, value] of page.matchAll(/^work_total\{[^}]*\} +(\S+)/gm)) sum += Number(value);
  return sum;
}
