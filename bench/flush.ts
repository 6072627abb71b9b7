import {MessageChannel} from 'node:worker_threads';
import {DELTA_HEADER_BYTES, decodeDelta} from '../src/metrics/delta.js';
import {Recorder} from '../src/metrics/recorder.js';
import {Source, type SourceWatch} from '../src/metrics/source.js';
import {Totals} from '../src/metrics/totals.js';
import {type Contender, compare, expectEqual, msOf, nsPerOperation} from './measure.js';
import {type Table, within} from './table.js';

const SERIES = 2_500;
/** Bytes on the wire a series: what the issue of the wire's size promises. */
const WIRE_BYTES_MAX = 12;

/** A flush of 2,500 series that all changed: worker's time, main thread's time, bytes; and a flush of nothing. */
export async function run(): Promise<readonly Table[]> {
  const subject = new FlushSubject();
  const {port1, port2} = new MessageChannel();
  const bare = new Float64Array(SERIES);
  const post = () => port1.postMessage(bare.slice());
  const worker: Contender[] = [
    {name: 'post a bare Float64Array', role: 'floor', sample: () => msOf(post) * 1_000},
    {
      name: 'threadtally flush',
      role: 'ours',
      sample: () => subject.flushUs(buffer => port1.postMessage(buffer, [buffer])),
    },
  ];
  port2.on('message', () => {});
  const workerFigures = await compare(worker, 31);
  const target = new Float64Array(SERIES);
  const mainFigures = await compare(
    [
      {
        name: 'add up a bare Float64Array',
        role: 'floor',
        sample: () =>
          msOf(() => {
            for (let i = 0; i < SERIES; i++) target[i]! += bare[i]!;
          }) * 1_000,
      },
      {name: 'threadtally merge', role: 'ours', sample: () => subject.mergeUs()},
    ],
    31,
  );
  const nothing = await compare([
    {name: 'empty call', role: 'floor', sample: () => nsPerOperation(() => {})},
    {
      name: 'threadtally flush',
      role: 'ours',
      sample: () => nsPerOperation(() => subject.flushNothing()),
    },
  ]);
  port1.close();
  subject.check();
  const bytes = subject.wireBytes / SERIES;
  const wire = [
    {name: 'threadtally', role: 'ours' as const, median: bytes, low: bytes, high: bytes},
  ];
  const title = `${SERIES.toLocaleString('en-US')} series that all changed`;
  return [
    {
      id: 'flush-worker',
      title: `Flush of ${title}: the worker's time`,
      unit: 'us',
      figures: workerFigures,
      goals: [],
    },
    {
      id: 'flush-main',
      title: `Flush of ${title}: the main thread's time`,
      unit: 'us',
      figures: mainFigures,
      goals: [],
    },
    {
      id: 'flush-bytes',
      title: `Flush of ${title}: bytes a series`,
      unit: 'bytes',
      figures: wire,
      goals: [within(wire, 'threadtally', WIRE_BYTES_MAX, 'bytes')],
    },
    {
      id: 'flush-nothing',
      title: `Flush of ${SERIES.toLocaleString('en-US')} series of which none changed`,
      unit: 'ns',
      figures: nothing,
      goals: [],
      notes: [
        'A scan of the ledger: recording then keeps no list of what changed, and posts nothing here.',
      ],
    },
  ];
}

/** A thread's recorder and the hub's source of it, with the message between them in our hands. */
class FlushSubject {
  readonly #totals = new Totals();
  readonly #source = new Source(this.#totals, {rank: 0, watch: failingWatch()});
  readonly #series: readonly {inc(): void}[];
  readonly #recorder: Recorder;
  #send: (buffer: ArrayBuffer) => void = buffer => this.#merge(buffer);
  #adds = 0;
  /** Of the last flush, without the heads of its messages. */
  wireBytes = 0;

  constructor() {
    this.#recorder = new Recorder({
      declare: message => this.#source.accept(message),
      deltas: buffer => this.#send(buffer),
    });
    const family = this.#recorder.counter({name: 'work_total', help: 'W', labelNames: ['key']});
    this.#series = Array.from({length: SERIES}, (_, i) => family.labels({key: `k${i}`}));
    this.#recorder.flush();
  }

  /** The microseconds of a flush with its posting. What was posted is merged afterwards. */
  flushUs(post: (buffer: ArrayBuffer) => void): number {
    const held: ArrayBuffer[] = [];
    this.#record();
    this.#send = buffer => {
      held.push(buffer.slice());
      post(buffer);
    };
    const us = msOf(() => this.#recorder.flush()) * 1_000;
    this.wireBytes = held.reduce((sum, {byteLength}) => sum + byteLength - DELTA_HEADER_BYTES, 0);
    for (const buffer of held) this.#merge(buffer);
    return us;
  }

  /** The microseconds that the hub takes to decode and merge what such a flush posts. */
  mergeUs(): number {
    this.#record();
    const held: ArrayBuffer[] = [];
    this.#send = buffer => held.push(buffer);
    this.#recorder.flush();
    return (
      msOf(() => {
        for (const buffer of held) this.#merge(buffer);
      }) * 1_000
    );
  }

  flushNothing(): void {
    this.#recorder.flush();
  }

  check(): void {
    const family = this.#totals.families.get('work_total');
    const values = [...(family?.series.values() ?? [])].map(
      ({first}) => this.#totals.values[first],
    );
    expectEqual([...new Set(values)].join(), String(this.#adds), 'every series');
  }

  #record(): void {
    this.#adds++;
    for (const series of this.#series) series.inc();
  }

  #merge(buffer: ArrayBuffer): void {
    const delta = decodeDelta(buffer);
    if (typeof delta === 'string') throw new Error(`Expected a delta, got: ${delta}`);
    this.#source.merge(delta);
  }
}

function failingWatch(): SourceWatch {
  const fail = (what: unknown): never => {
    throw new Error(`Expected nothing to be refused, got ${String(what)}`);
  };
  return new Proxy({} as SourceWatch, {get: () => fail});
}
