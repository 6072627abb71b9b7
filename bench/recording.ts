import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {MetricsHub} from '../src/index.js';
import {expectEqual} from './measure.js';
import type {Recorded} from './recording-worker.js';
import {atMost, fasterThanPeers, type Table} from './table.js';

const WORKER = new URL('./recording-worker.js', import.meta.url);
const SHAPE = '2 labels x 64 series rotating';

const CLOSURE_NOTE =
  "A handle of prom-client's classes has methods that need no receiver (`const {inc} = counter.labels('a')`): a getter binds them; the recorder's have one. A function a handle is a closure's floor.";

/** Recording: what it costs the thread that works. All contenders run in one worker thread. */
export async function run(): Promise<readonly Table[]> {
  const hub = new MetricsHub();
  const worker = new Worker(WORKER);
  const attachment = hub.attach(worker);
  const [{figures, counted}] = (await once(worker, 'message')) as [Recorded];
  await worker.terminate();
  await attachment.settled();
  checkCounts(hub, counted);
  const {counterBound, counterLabels, histogramBound, histogramLabels} = figures;
  const ours = {of: 'threadtally, Counter', times: 1.5, than: 'bare array[i] += 1 of a handle'};
  const ofClosure = 'bare search and two additions of a closure';
  return [
    {
      id: 'counter-bound',
      title: `Counter inc, bound handle, ${SHAPE}`,
      unit: 'ns',
      figures: counterBound,
      goals: [
        atMost(counterBound, {...ours, of: 'threadtally, recorder'}),
        atMost(counterBound, ours),
        atMost(counterBound, {...ours, than: 'bare array[i] += 1 of a closure'}),
      ],
      notes: [CLOSURE_NOTE],
    },
    {
      id: 'counter-labels',
      title: `Counter inc, label object a call, ${SHAPE}`,
      unit: 'ns',
      figures: counterLabels,
      goals: [fasterThanPeers(counterLabels, {of: 'threadtally, Counter', times: 6})],
    },
    {
      id: 'histogram-bound',
      title: `Histogram observe, bound handle, 12 buckets, ${SHAPE}`,
      unit: 'ns',
      figures: histogramBound,
      goals: [
        ...['threadtally, recorder', 'threadtally, Histogram'].map(of =>
          atMost(histogramBound, {of, times: 1.3, than: 'bare search and two additions'}),
        ),
        atMost(histogramBound, {of: 'threadtally, Histogram', times: 1.3, than: ofClosure}),
      ],
      notes: [CLOSURE_NOTE],
    },
    {
      id: 'histogram-labels',
      title: `Histogram observe, label object a call, 12 buckets, ${SHAPE}`,
      unit: 'ns',
      figures: histogramLabels,
      goals: [fasterThanPeers(histogramLabels, {of: 'threadtally, Histogram', times: 10})],
    },
  ];
}

/** The hub must know every operation that was timed. */
function checkCounts(hub: MetricsHub, counted: Recorded['counted']): void {
  const page = Buffer.from(hub.renderPage().body).toString();
  for (const [family, expected] of Object.entries(counted)) {
    const lines = page.split('\n').filter(line => line.startsWith(`${family}{`));
    const sum = lines.reduce((total, line) => total + Number(line.slice(line.indexOf('}') + 1)), 0);
    expectEqual(sum, expected, family);
  }
}
