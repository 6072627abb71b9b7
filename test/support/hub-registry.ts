import {EventEmitter} from 'node:events';
import type {ExecutionContext} from 'ava';
import {MetricsHub, type MetricsHubOptions} from '../../src/index.js';
import {ChannelWorker} from './channel-worker.js';
import {parsePage, sampleKey} from './exposition.js';

/** A hub seen through its registry, and what it warned of. */
export function newHub(options: MetricsHubOptions = {}) {
  const warnings: string[] = [];
  const hub = new MetricsHub({onWarning: line => warnings.push(line), ...options});
  const registers = [hub.registry];
  const samples = async () => parsePage(await hub.registry.metrics());
  const sample = async (name: string, labels?: Record<string, string>) =>
    (await samples()).get(sampleKey(name, labels));
  return {hub, registry: hub.registry, registers, warnings, samples, sample};
}

/** A worker that is attached, with a metric of each type. */
export function attachWorker(t: ExecutionContext, hub: MetricsHub) {
  const emitter = new EventEmitter();
  const attachment = hub.attach(emitter);
  const worker = new ChannelWorker();
  t.teardown(() => worker.die());
  const {recorder} = worker;
  const jobs = recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
  const time = recorder.histogram({name: 'time', help: 'T', buckets: [1, 5]});
  const level = recorder.gauge({name: 'level', help: 'L', aggregator: 'max'});
  emitter.emit('message', worker.hello);
  const merged = () => hub.merged(worker.flush());
  return Object.assign(worker, {attachment, jobs, time, level, merged});
}
