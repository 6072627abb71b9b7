/* All contenders of the recording tables in one worker thread, where recording is done. */
import {parentPort} from 'node:worker_threads';
import {defaultConnection} from '../src/worker.js';
import {compare, type Figure} from './measure.js';
import {RecordingBench} from './recording-bench.js';
import {counterBound, counterLabels} from './recording-counters.js';
import {histogramBound, histogramLabels} from './recording-histograms.js';

/** What the worker tells when it is done. */
export interface Recorded {
  readonly figures: Readonly<Record<RecordingTable, readonly Figure[]>>;
  /** What ours must have counted, by family. */
  readonly counted: Readonly<Record<string, number>>;
}

/** The four tables. */
export type RecordingTable =
  | 'counterBound'
  | 'counterLabels'
  | 'histogramBound'
  | 'histogramLabels';

/** Rounds of short samples: other programs come and go within one, and the median is of the moments between. */
const ROUNDS = 101;

/** Samples before the first that counts, a contender, in which the code is compiled. */
const WARM_UPS = 60;

const bench = new RecordingBench();
const {counted} = bench;
const tables = {counterBound, counterLabels, histogramBound, histogramLabels};
const figures: Partial<Record<RecordingTable, readonly Figure[]>> = {};
for (const [name, contendersOf] of Object.entries(tables)) {
  const contenders = contendersOf(bench);
  for (const {sample} of contenders) for (let i = 0; i < WARM_UPS; i++) await sample();
  figures[name as RecordingTable] = await compare(contenders, ROUNDS);
  for (const {check} of contenders) await check();
}
defaultConnection().flush();
parentPort?.postMessage({figures, counted} as Recorded);
