import {Piscina} from 'piscina';
import {MetricsHub} from '../src/index.js';
import {type Contender, compare, expectEqual, msUntil} from './measure.js';
import {atMost, type Table} from './table.js';

const WORKER = new URL('./pool-worker.js', import.meta.url).href;
const TASKS = 5_000;
/** Tasks that wait or run at once: enough for no worker to idle. */
const AT_ONCE = 64;
const THREADS = 2;

/** A pool of tasks that do nothing, with and without `hub.instrument()`: what measuring costs a task. */
export async function run(): Promise<readonly Table[]> {
  const plain = newPool();
  const hub = new MetricsHub();
  const measured = hub.instrument(newPool());
  let ran = 0;
  const contenders: Contender[] = [
    {name: 'pool', role: 'floor', sample: () => usATask(plain)},
    {
      name: 'pool, instrumented',
      role: 'ours',
      sample: () => {
        ran += TASKS;
        return usATask(measured);
      },
    },
  ];
  // Warm before the first round.
  for (const {sample} of contenders) await sample();
  const figures = await compare(contenders, 45);
  await Promise.all([plain.destroy(), measured.destroy()]);
  const page = Buffer.from(hub.renderPage().body).toString();
  const completed = /^piscina_tasks_completed_total +(\d+)$/m.exec(page)?.[1];
  expectEqual(Number(completed), ran, 'tasks completed');
  return [
    {
      id: 'instrument',
      title: `Piscina, ${THREADS} threads, tasks that do nothing: time a task`,
      unit: 'us',
      figures,
      goals: [atMost(figures, {of: 'pool, instrumented', times: 1.03, than: 'pool'})],
    },
  ];
}

function newPool(): Piscina {
  return new Piscina({filename: WORKER, minThreads: THREADS, maxThreads: THREADS});
}

async function usATask(pool: Piscina): Promise<number> {
  let left = TASKS;
  const runNext = async () => {
    while (left-- > 0) await pool.run(undefined);
  };
  const ms = await msUntil(() => Promise.all(Array.from({length: AT_ONCE}, runNext)));
  return (ms * 1_000) / TASKS;
}
