import type {PoolMetrics} from '../src/pool/pool-metrics.js';
import type {ScreenerPoolOptions} from '../src/pool/pool-options.js';

/** Stands for every family, and records nothing. */
const NOTHING = Object.freeze({
  ensure() {},
  inc() {},
  observe() {},
  remove: () => false,
  set() {},
});

/** Families that record nothing, by whatever key. */
export function unrecordedMetrics<M>(): M {
  return new Proxy({}, {get: () => NOTHING}) as M;
}

/** A pool that works as ever and records nothing, on neither side. */
export function unrecorded(): ScreenerPoolOptions {
  return {
    metrics: unrecordedMetrics<PoolMetrics>(),
    workerFile: new URL('./unrecorded-screener.js', import.meta.url),
  };
}
