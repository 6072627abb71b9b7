import {MeterProvider, MetricReader} from '@opentelemetry/sdk-metrics';
import {connect} from '../src/worker.js';
import {type Contender, expectEqual, nsPerPass, type Role} from './measure.js';
import {sumOf} from './recording-floors.js';
import {LABEL_SETS} from './series-shapes.js';

/** Label sets, each recorded once a pass. */
export const SERIES = LABEL_SETS.length;

/** A contender that also says whether what it recorded was counted. */
export interface CheckedContender extends Contender {
  check(): unknown;
}

/** Proves that so many passes were counted. */
export type Check = (passes: number) => void | Promise<void>;

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** What the contenders of one worker record into, and what they must have counted. */
export class RecordingBench {
  readonly recorder = connect({flushIntervalMs: 0}).recorder;
  /** What ours must have counted, by family. */
  readonly counted: Record<string, number> = {};
  readonly #reader = new ManualReader();
  readonly meter = new MeterProvider({readers: [this.#reader]}).getMeter('bench');

  /** One pass over all series is `pass`; passes are counted, so that what was counted can be checked. */
  contender(name: string, role: Role, pass: () => void, check?: Check): CheckedContender {
    let passes = 0;
    const sample = () =>
      nsPerPass(count => {
        for (let i = 0; i < count; i++) pass();
        passes += count;
      }, SERIES);
    return {name, role, sample, check: () => check?.(passes)};
  }

  /** That our family will have counted them, which the main thread checks on the hub's page. */
  oursCounts(family: string): Check {
    return passes => {
      this.counted[family] = passes * SERIES;
    };
  }

  otelCounts(name: string): Check {
    return async passes =>
      expectEqual(await this.#otelCount(name), passes * SERIES, 'OpenTelemetry');
  }

  async #otelCount(name: string): Promise<number> {
    const {resourceMetrics} = await this.#reader.collect();
    const metric = resourceMetrics.scopeMetrics
      .flatMap(({metrics}) => metrics)
      .find(({descriptor}) => descriptor.name === name);
    const points = metric?.dataPoints ?? [];
    const countOf = (value: unknown) =>
      typeof value === 'number' ? value : (value as {count: number}).count;
    return sumOf(points.map(({value}) => countOf(value)));
  }
}

/** A metric of prom-client or of its successor. */
interface PeerMetric {
  get(): Promise<{values: {value: number; metricName?: string}[]}>;
}

/** That a peer has counted all passes. */
export function peerCounts(metric: PeerMetric, what: string): Check {
  return async passes => expectEqual(await sumOfPeer(metric), passes * SERIES, what);
}

async function sumOfPeer(metric: PeerMetric): Promise<number> {
  const {values} = await metric.get();
  const counts = values.filter(({metricName}) => metricName?.endsWith('_count') ?? true);
  return sumOf(counts.map(({value}) => value));
}
