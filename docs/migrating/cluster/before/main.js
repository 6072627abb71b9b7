import cluster from 'node:cluster';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {AggregatorRegistry} from 'prom-client';

cluster.setupPrimary({exec: fileURLToPath(new URL('./worker.js', import.meta.url))});
const registry = new AggregatorRegistry();

const workers = ['red', 'green'].map(colour => cluster.fork({COLOUR: colour}));
await Promise.all(workers.map(worker => once(worker, 'message')));

// Asks every worker and waits for all of them.
const page = await registry.clusterMetrics();
for (const line of page.split('\n').sort()) {
  if (line.startsWith('jobs_total')) console.log(line);
}

for (const worker of workers) worker.kill();
