import {readFileSync} from 'node:fs';
import {measure} from 'mitata';

/** What a contender stands for: ours, what somebody else ships, or the least that the work can cost. */
export type Role = 'ours' | 'peer' | 'floor';

/** One way to do the work of a table. */
export interface Contender {
  readonly name: string;
  readonly role: Role;
  /** Does the work once or often, and returns what one time of it costs, in the table's unit. */
  sample(): number | Promise<number>;
}

/** What a contender's samples say. */
export interface Figure {
  readonly name: string;
  readonly role: Role;
  readonly median: number;
  /** The lowest and the highest sample: the spread of this very run. */
  readonly low: number;
  readonly high: number;
}

/** Rounds of a comparison: one sample a contender each. Odd, so that the median is a sample. */
export const ROUNDS = 7;

/** At most so many rounds, where somebody only wants to see that all runs: figures of a few rounds say little. */
const ROUNDS_MAX = Number(process.env.BENCH_ROUNDS ?? Infinity);

/** As many rounds as wanted, or as `BENCH_ROUNDS` allows; at least one. */
export function roundsWithin(rounds: number): number {
  return Math.max(1, Math.min(rounds, ROUNDS_MAX));
}

/** Nanoseconds of processor time that mitata spends on one sample of a short function. */
const SAMPLE_CPU_NS = 30e6;

/**
 * Measures contenders by turns, a sample each a round, beginning with another one each time: what else the machine does
 * meanwhile hits all alike, and only figures of one run are compared.
 */
export async function compare(
  contenders: readonly Contender[],
  rounds = ROUNDS,
): Promise<readonly Figure[]> {
  const samples = contenders.map((): number[] => []);
  for (let round = 0; round < roundsWithin(rounds); round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const i = (round + turn) % contenders.length;
      samples[i]!.push(await contenders[i]!.sample());
    }
  }
  return contenders.map(({name, role}, i) => ({name, role, ...summaryOf(samples[i]!)}));
}

/** Nanoseconds an operation, of a function that does `operations` of them: the median of mitata's samples. */
export async function nsPerOperation(work: () => void, operations = 1): Promise<number> {
  const {p50} = await measure(work, {min_cpu_time: SAMPLE_CPU_NS});
  return p50 / operations;
}

/** Milliseconds that one sample of {@link nsPerPass} takes about. */
const PASS_SAMPLE_MS = 2;

/**
 * Nanoseconds an operation, of a function that does so many passes of `operations` each: one sample of about
 * {@link PASS_SAMPLE_MS}, for a comparison of many short rounds.
 */
export function nsPerPass(runPasses: (count: number) => void, operations: number): number {
  let count = 8;
  let ms = msOf(() => runPasses(count));
  while (ms < PASS_SAMPLE_MS / 2) {
    count *= 2;
    ms = msOf(() => runPasses(count));
  }
  return (ms * 1e6) / (count * operations);
}

/** Milliseconds of one call. */
export function msOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Milliseconds until what a call returned has resolved. */
export async function msUntil(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Milliseconds of processor time, of all threads of this process, until what a call returned has resolved. */
export async function cpuMsUntil(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const {user, system} = process.cpuUsage(start);
  return (user + system) / 1_000;
}

/** Milliseconds of processor time, of all threads of this process, that a call takes: exact to the microsecond. */
export function cpuMsOf(work: () => unknown): number {
  const start = process.cpuUsage();
  work();
  const {user, system} = process.cpuUsage(start);
  return (user + system) / 1_000;
}

/** Nobody ever wakes it: who waits on it sleeps. */
const NAP = new Int32Array(new SharedArrayBuffer(4));

/**
 * Milliseconds of processor time that this very thread has used, whatever others do meanwhile, those of V8 included. Linux
 * adds up a thread's time when it leaves the processor, so it leaves it first, for a moment
 * (https://docs.kernel.org/scheduler/sched-stats.html: the first field of `schedstat`, in nanoseconds). Elsewhere the wall's.
 */
export function threadCpuMs(): number {
  if (process.platform !== 'linux') return performance.now();
  Atomics.wait(NAP, 0, 0, 0.01);
  return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
}

/** Milliseconds of this thread's processor time that a call takes. */
export function threadCpuMsOf(work: () => unknown): number {
  const start = threadCpuMs();
  work();
  return threadCpuMs() - start;
}

/** Milliseconds of this thread's processor time until what a call returned has resolved. */
export async function threadCpuMsUntil(work: () => Promise<unknown>): Promise<number> {
  const start = threadCpuMs();
  await work();
  return threadCpuMs() - start;
}

/** Median, lowest and highest of at least one sample. */
export function summaryOf(samples: readonly number[]): {median: number; low: number; high: number} {
  const sorted = samples.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) throw new RangeError('Expected at least one sample, got none');
  return {median, low: sorted[0]!, high: sorted.at(-1)!};
}

/** The figure of that name. */
export function figureOf(figures: readonly Figure[], name: string): Figure {
  const figure = figures.find(known => known.name === name);
  if (figure === undefined) throw new RangeError(`Expected a figure named ${name}, got none`);
  return figure;
}

/** The lowest median of a role, where there is one. */
export function bestOf(figures: readonly Figure[], role: Role): Figure | undefined {
  return figures.filter(figure => figure.role === role).sort((a, b) => a.median - b.median)[0];
}

/** @throws Error where a measured program did not do what it was measured for. */
export function expectEqual(got: unknown, expected: unknown, what: string): void {
  if (Object.is(got, expected)) return;
  throw new Error(`Expected ${what} to be ${String(expected)}, got ${String(got)}`);
}
