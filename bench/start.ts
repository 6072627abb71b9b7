import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {Worker} from 'node:worker_threads';
import {type Contender, compare, expectEqual, msUntil} from './measure.js';
import {atMost, type Table} from './table.js';

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url));
const OURS = new URL('../src/worker.js', import.meta.url).href;

/** How long it takes to begin: a worker that imports the library, and the machine up to its first scrape. */
export async function run(): Promise<readonly Table[]> {
  const imports: Contender[] = [
    {name: 'worker without imports', role: 'floor', sample: () => msToImport([])},
    {name: "import 'threadtally/worker'", role: 'ours', sample: () => msToImport([OURS])},
    {name: "import 'prom-client'", role: 'peer', sample: () => msToImport(['prom-client'])},
    {
      name: "import '@prometheus-io/client'",
      role: 'peer',
      sample: () => msToImport(['@prometheus-io/client']),
    },
  ];
  const workers = await compare(imports, 11);
  const machine = await compare(
    [
      {name: 'node -e ""', role: 'floor', sample: msOfBareNode},
      {name: 'machine', role: 'ours', sample: msToFirstScrape},
    ],
    5,
  );
  return [
    {
      id: 'start-worker',
      title: 'A fresh worker until its imports are there',
      unit: 'ms',
      figures: workers,
      goals: [
        atMost(workers, {
          of: "import 'threadtally/worker'",
          times: 1,
          than: "import 'prom-client'",
        }),
      ],
    },
    {
      id: 'start-machine',
      title: 'From the start of the process to the first scrape answered',
      unit: 'ms',
      figures: machine,
      goals: [],
    },
  ];
}

async function msToImport(modules: readonly string[]): Promise<number> {
  // A file of this package, so that bare names are found from here.
  const url = new URL('./import-worker.js', import.meta.url);
  const start = performance.now();
  const worker = new Worker(url, {workerData: modules});
  await once(worker, 'message');
  const ms = performance.now() - start;
  await worker.terminate();
  return ms;
}

async function msOfBareNode(): Promise<number> {
  return msUntil(() => once(spawn(process.execPath, ['-e', '']), 'exit'));
}

async function msToFirstScrape(): Promise<number> {
  const start = performance.now();
  const args = [MAIN, '--port', '0', '--host', '127.0.0.1', '--workers', '1'];
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'inherit']});
  let url: string | undefined;
  for await (const line of createInterface({input: child.stdout})) {
    url = /Metrics at (\S+)/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  const answer = await fetch(String(url));
  await answer.text();
  const ms = performance.now() - start;
  child.kill('SIGKILL');
  await once(child, 'exit');
  expectEqual(answer.status, 200, 'the first scrape');
  return ms;
}
