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

/**
 * What "nothing" may cost: less than recording what there is nothing of. A scan of the same cells took 16 to 48 us, which
 * each task that ends would have waited for.
 */
const FLUSH_OF_NOTHING_NS_MAX = 500;

/** Flushes before the first that counts. A thread that has lived for a minute has done about as many. */
const WARM_UPS = 300;

/** A flush of 2,500 series that all changed: worker's time, main thread's time, bytes; and a flush of nothing. */
export async function run(): Promise<readonly Table[]> {
  const subject = new FlushSubject();
  const {port1, port2} = new MessageChannel();
  const bare = new Float64Array(SERIES);
  const post = () => port1.postMessage(bare.slice());
  const scanned = new ScannedArray();
  const worker: Contender[] = [
    {name: 'post a bare Float64Array', role: 'floor', sample: () => msOf(post) * 1_000},
    {
      name: 'compare with the last flush, post what changed',
      role: 'floor',
      sample: () => scanned.flushUs(changed => port1.postMessage(changed)),
    },
    {
      name: 'threadtally flush',
      role: 'ours',
      sample: () => subject.flushUs(buffer => port1.postMessage(buffer, [buffer])),
    },
  ];
  port2.on('message', () => {});
  const workerFigures = await compareWarm(worker);
  const target = new Float64Array(SERIES);
  const mainFigures = await compareWarm([
    {
      name: 'add up a bare Float64Array',
      role: 'floor',
      sample: () =>
        msOf(() => {
          for (let i = 0; i < SERIES; i++) target[i]! += bare[i]!;
        }) * 1_000,
    },
    {name: 'threadtally merge', role: 'ours', sample: () => subject.mergeUs()},
  ]);
  const marks = new Float64Array(Math.ceil(SERIES / 64));
  const nothing = await compare([
    {name: 'empty call', role: 'floor', sample: () => nsPerOperation(() => {})},
    {
      name: `look at ${marks.length} numbers`,
      role: 'floor',
      sample: () => nsPerOperation(() => marks.includes(1)),
    },
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
      goals: [within(nothing, 'threadtally flush', FLUSH_OF_NOTHING_NS_MAX, 'ns')],
      notes: [
        'It looks at a mark of each 64 cells, which a recording sets with a store of its own; nothing is posted.',
      ],
    },
  ];
}

/** With the code compiled and the messages of each round delivered before the next. */
async function compareWarm(contenders: readonly Contender[]) {
  for (let i = 0; i < WARM_UPS; i++) {
    for (const contender of contenders) await contender.sample();
    await nextTurn();
  }
  return compare(contenders, 51);
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

/** The least that finds out what changed: the values beside those of the last flush, in one loop. */
class ScannedArray {
  readonly #values = new Float64Array(SERIES);
  readonly #posted = new Float64Array(SERIES);

  flushUs(post: (changed: Float64Array) => void): number {
    for (let i = 0; i < SERIES; i++) this.#values[i]! += 1;
    return msOf(() => post(this.#takeChanged())) * 1_000;
  }

  #takeChanged(): Float64Array {
    const [values, posted] = [this.#values, this.#posted];
    const changed = new Float64Array(SERIES);
    let count = 0;
    for (let i = 0; i < SERIES; i++) {
      const value = values[i]!;
      if (value === posted[i]) continue;
      posted[i] = value;
      changed[count] = value;
      count++;
    }
    return changed;
  }
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
