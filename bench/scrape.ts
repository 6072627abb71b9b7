import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import {MetricsHub} from '../src/index.js';
import {type Contender, compare, expectEqual, type Figure} from './measure.js';
import type {ScrapeTask} from './scrape-worker.js';
import {type Table, within} from './table.js';

const WORKERS = 4;
const COUNTERS = 2_500;
const HISTOGRAMS = 50;
const ROUNDS = 9;
const WORKER = new URL('./scrape-worker.js', import.meta.url);

type Shape = 'same labels' | 'disjoint';

/** One scrape over four workers: what it costs the main thread when every value changed. */
export async function run(): Promise<readonly Table[]> {
  return [await measure('same labels', 1), await measure('disjoint', 3)];
}

async function measure(shape: Shape, boundMs: number): Promise<Table> {
  const ours = await startOurs(shape);
  const peers = await Promise.all([
    startPeer('prom-client 15', promClient, shape),
    startPeer('successor 0.16', successor as unknown as typeof promClient, shape),
  ]);
  const all = [ours, ...peers];
  let figures: readonly Figure[];
  try {
    figures = await compare(all, ROUNDS);
  } finally {
    await Promise.all(all.map(({stop}) => stop()));
  }
  return {
    id: `scrape-${shape.replace(' ', '-')}`,
    title: `One scrape over ${WORKERS} workers x ${COUNTERS.toLocaleString('en-US')} series + ${HISTOGRAMS} histograms, ${shape}`,
    unit: 'ms',
    figures,
    goals: [within(figures, 'threadtally', boundMs, 'ms')],
    notes: [
      'Time of the main thread alone. Ours asks no worker, so the workers spend nothing; the peers aggregate what each worker',
      'has already turned into JSON: their workers’ share and the messages are left out, in their favour.',
    ],
  };
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

async function startOurs(shape: Shape): Promise<Contender & {stop(): Promise<unknown>}> {
  const hub = new MetricsHub();
  const {ask, stop} = await startWorkers('threadtally', shape, hub);
  let adds = 0;
  const sample = async () => {
    adds++;
    await ask('add');
    const start = performance.now();
    const {body} = hub.renderPage();
    const ms = performance.now() - start;
    expectEqual(sumOf(Buffer.from(body).toString()), adds * WORKERS * COUNTERS, 'our total');
    return ms;
  };
  // The first page lays the lines out.
  await sample();
  return {name: 'threadtally', role: 'ours', sample, stop};
}

async function startPeer(
  name: string,
  peer: typeof promClient,
  shape: Shape,
): Promise<Contender & {stop(): Promise<unknown>}> {
  const {ask, stop} = await startWorkers('prom-client', shape);
  let adds = 0;
  const sample = async () => {
    adds++;
    await ask('add');
    const answers = (await ask('ask')) as object[];
    const start = performance.now();
    const page = await peer.AggregatorRegistry.aggregate(answers as object[]).metrics();
    const ms = performance.now() - start;
    expectEqual(sumOf(page), adds * WORKERS * COUNTERS, `the total of ${name}`);
    return ms;
  };
  return {name, role: 'peer', sample, stop};
}

function sumOf(page: string): number {
  let sum = 0;
  for (const [, value] of page.matchAll(/^work_total\{[^}]*\} +(\S+)/gm)) sum += Number(value);
  return sum;
}
