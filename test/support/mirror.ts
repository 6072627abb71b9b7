import client from 'prom-client';
import type {MetricRegistry} from '../../src/bridge/reading.js';
import {RegistryMirror} from '../../src/bridge/registry-mirror.js';
import type {Recorder} from '../../src/metrics/recorder.js';

/** A registry of prom-client that is written into a recorder's ledger with each `mirror.collect()`. */
export function newMirror(recorder: Recorder, onWarning: (line: string) => void = () => {}) {
  const registry = new client.Registry();
  const warnings: string[] = [];
  const mirror = new RegistryMirror({
    registry: registry as unknown as MetricRegistry,
    recorder,
    onWarning: line => {
      warnings.push(line);
      onWarning(line);
    },
  });
  return {registry, mirror, warnings};
}
