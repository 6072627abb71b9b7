import {type ChildProcess, fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {PageAnswer, PageLibrary} from './growth-page-process.js';
import {
  type Curve,
  cheaperThanPeers,
  type GrowthTable,
  linear,
  type Point,
} from './growth-table.js';
import {compare, type Figure, type Role} from './measure.js';

const PROCESS = fileURLToPath(new URL('./growth-page-process.js', import.meta.url));
const SIZES = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000] as const;
const LIBRARIES: readonly (readonly [PageLibrary, Role])[] = [
  ['threadtally', 'ours'],
  ['prom-client 15', 'peer'],
  ['successor 0.16', 'peer'],
];
/** Fewer where a page of the peers takes seconds, more where it takes little. */
const ROUNDS = 5;
const ROUNDS_OF_LARGE = 3;
const ROUNDS_OF_SMALL = 15;
const LARGE_SERIES = 300_000;
const SMALL_SERIES = 30_000;
const R_SQUARED_MIN = 0.98;

/** A page of 1,000 to 1,000,000 series: time when all have changed, and memory. */
export async function run(): Promise<readonly GrowthTable[]> {
  const times = new Map<PageLibrary, Point[]>(LIBRARIES.map(([name]) => [name, []]));
  const memory = new Map<PageLibrary, Point[]>(LIBRARIES.map(([name]) => [name, []]));
  for (const size of SIZES) {
    const subjects = await Promise.all(
      LIBRARIES.map(([library, role]) => Subject.start(library, role, size)),
    );
    const figures = await compare(subjects, roundsAt(size));
    for (const [i, {name, keptMb}] of subjects.entries()) {
      times.get(name)?.push(pointOf(size, figures[i]!));
      memory.get(name)?.push({size, median: keptMb, low: keptMb, high: keptMb});
    }
    for (const subject of subjects) subject.stop();
  }
  return [timeTable(curvesOf(times)), memoryTable(curvesOf(memory))];
}

function roundsAt(size: number): number {
  if (size <= SMALL_SERIES) return ROUNDS_OF_SMALL;
  return size >= LARGE_SERIES ? ROUNDS_OF_LARGE : ROUNDS;
}

function pointOf(size: number, {median, low, high}: Figure): Point {
  return {size, median, low, high};
}

function curvesOf(points: ReadonlyMap<PageLibrary, readonly Point[]>): Curve[] {
  return LIBRARIES.map(([name, role]) => ({name, role, points: points.get(name) ?? []}));
}

function timeTable(curves: Curve[]): GrowthTable {
  return {
    id: 'growth-page-time',
    title: 'Text page, all series changed: processor time',
    sizeUnit: 'series',
    unit: 'ms',
    curves,
    goals: [
      linear(curves[0]!, R_SQUARED_MIN),
      cheaperThanPeers(curves, {of: 'threadtally', times: 25}),
    ],
    notes: [
      'Of all threads of the process, the garbage collector’s too. Each library and size in a process of its own.',
    ],
  };
}

function memoryTable(curves: Curve[]): GrowthTable {
  return {
    id: 'growth-page-memory',
    title: 'Memory that series and page keep',
    sizeUnit: 'series',
    unit: 'MB',
    curves,
    goals: [linear(curves[0]!, R_SQUARED_MIN)],
    notes: [
      'What is reachable after two pages and a full garbage collection, in V8’s heap and outside, beyond what the process had',
      'before its first series. MB a 1,000 series are kB a series. Ours holds the page itself, the ledger and the totals; the',
      'peers make the page anew each time, and what they need for that is left out, in their favour.',
    ],
  };
}

/** A process that renders. */
class Subject {
  readonly name: PageLibrary;
  readonly role: Role;
  readonly keptMb: number;
  readonly #child: ChildProcess;

  private constructor(name: PageLibrary, role: Role, kept: {child: ChildProcess; mb: number}) {
    this.name = name;
    this.role = role;
    this.keptMb = kept.mb;
    this.#child = kept.child;
  }

  static async start(name: PageLibrary, role: Role, size: number): Promise<Subject> {
    const child = fork(PROCESS, [name, String(size)]);
    const first = await nextOf(child);
    return new Subject(name, role, {child, mb: 'keptMb' in first ? first.keptMb : Number.NaN});
  }

  async sample(): Promise<number> {
    const answer = nextOf(this.#child);
    this.#child.send('page');
    const said = await answer;
    return 'pageMs' in said ? said.pageMs : Number.NaN;
  }

  stop(): void {
    this.#child.disconnect();
  }
}

/** @throws Error where the process ends instead: what it found wrong stands in its own output. */
async function nextOf(child: ChildProcess): Promise<PageAnswer> {
  const ended = new AbortController();
  const exit = () =>
    ended.abort(new Error(`Expected ${child.spawnargs.slice(2)} to answer, got its end`));
  child.once('exit', exit);
  try {
    const [said] = (await once(child, 'message', {signal: ended.signal})) as [PageAnswer];
    return said;
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    child.off('exit', exit);
  }
}
