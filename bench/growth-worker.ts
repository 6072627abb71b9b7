/* A worker whose series are counted by the growth suite: it records when told, and says when it has. */
import {parentPort, workerData} from 'node:worker_threads';
import type {FlushMark} from '../src/channel/worker-port.js';
import {Counter, defaultConnection} from '../src/worker.js';
import {threadCpuMs} from './measure.js';

/** What a worker is told when it starts. */
export interface GrowthTask {
  /** Label value that makes its series its own. */
  readonly shard: string;
  readonly series: number;
  /** Int32: [0] workers that have done what they were told last. The main thread waits for it, and hears nothing meanwhile. */
  readonly done: SharedArrayBuffer;
}

/** Adds 1 to every series, and then posts a delta of them or not. */
export type GrowthOrder = 'record' | 'flush';

/** What a worker answers. */
export interface GrowthAnswer {
  readonly mark: FlushMark | undefined;
  /** Milliseconds of the thread's processor time that the flush alone took. */
  readonly flushMs: number;
}

const {shard, series, done} = workerData as GrowthTask;
const doneCount = new Int32Array(done);
const counter = new Counter({name: 'work_total', help: 'Work.', labelNames: ['shard', 'key']});
const handles = Array.from({length: series}, (_, i) => counter.labels(shard, `k${i}`));

function answer(said: GrowthAnswer): void {
  parentPort?.postMessage(said);
}

function flush(): GrowthAnswer {
  const start = threadCpuMs();
  const mark = defaultConnection().flush();
  return {mark, flushMs: threadCpuMs() - start};
}

parentPort?.on('message', (order: GrowthOrder) => {
  for (const handle of handles) handle.inc();
  answer(order === 'flush' ? flush() : {mark: undefined, flushMs: 0});
  Atomics.add(doneCount, 0, 1);
  Atomics.notify(doneCount, 0);
});
// Not counted: the main thread doesn't wait for it, and would count it among those of its first order.
answer(flush());
