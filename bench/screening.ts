import {deepStrictEqual} from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import {pathToFileURL} from 'node:url';
import {type Figure, type Role, roundsWithin} from './measure.js';
import type {Found} from './peers/cloning-pool.js';
import {recordingShareTable} from './recording-share.js';
import {
  type Contender,
  createContenders,
  floorName,
  MAPS,
  MAPS_REPLACED,
  STORE,
  STORE_OWN,
  WORKERS,
} from './screening-contenders.js';
import type {MarketSize} from './screening-market.js';
import {memoryTable} from './screening-memory.js';
import {BENCH_TRADERS} from './screening-traders.js';
import {atMost, fasterThanPeers, type Table, within} from './table.js';

/** Long enough to sleep indeed. */
const ACCOUNTED_MS = 3;

/** Screenings before any is measured, of every contender: code is compiled, rows are built, and what is kept has grown old. */
const WARM_UP_ROUNDS = 12;

/** The markets that are measured where none are named. */
export const SCREENING_SIZES: readonly MarketSize[] = [
  {symbols: 100, candles: 500},
  {symbols: 100, candles: 1_440},
  {symbols: 400, candles: 500},
];

/** Two tables a size: how long a screening takes, and how much of it the main thread works; one of what recording takes, and one of memory. */
export async function run(): Promise<readonly Table[]> {
  const reports = await runScreeningBench();
  const tables = reports.flatMap(({size, figures}) => [
    wallTable(size, figures),
    mainTable(size, figures),
  ]);
  return [...tables, await recordingShareTable(SCREENING_SIZES[0]!), await memoryTable()];
}

function wallTable(size: MarketSize, all: readonly ScreeningFigures[]): Table {
  const figures = all.map(({name, role, wallMs}): Figure => ({name, role, ...wallMs}));
  const goals = [
    fasterThanPeers(figures, {of: STORE, times: 10}),
    atMost(figures, {of: STORE_OWN, times: 1.2, than: floorName(WORKERS)}),
  ];
  return {
    id: `screening-${idOf(size)}`,
    title: titleOf(size),
    unit: 'ms',
    figures,
    goals,
    notes: NOTES,
  };
}

function mainTable(size: MarketSize, all: readonly ScreeningFigures[]): Table {
  const figures = all
    .filter(({role}) => role !== 'floor')
    .map(({name, role, mainThreadMs}): Figure => ({name, role, ...mainThreadMs}));
  const goals = [
    fasterThanPeers(figures, {of: STORE, times: 100}),
    fasterThanPeers(figures, {of: MAPS, times: 20}),
    fasterThanPeers(figures, {of: MAPS_REPLACED, times: 20}),
    within(figures, STORE, 2, 'ms'),
  ];
  const title = `Main thread, processor time: ${titleOf(size)}`;
  return {id: `screening-main-${idOf(size)}`, title, unit: 'ms', figures, goals, notes: NOTES};
}

const NOTES = [
  'Medians of 21 rounds, low and high are quartiles; one new candle a series before each screening, which is not measured.',
];

function idOf({symbols, candles}: MarketSize): string {
  return `${symbols}-symbols-${candles}-candles`;
}

function titleOf({symbols, candles}: MarketSize): string {
  const market = `${symbols} symbols x 2 intervals x ${candles} candles`;
  return `screening, ${market}, ${BENCH_TRADERS.length} traders, ${WORKERS} workers`;
}

/** What was measured of one contender, in milliseconds; quartiles tell the spread. */
export interface ScreeningFigures {
  readonly name: string;
  readonly role: Role;
  readonly wallMs: Quartiles;
  /** Processor time of all threads: what is left where others load the machine, too. */
  readonly cpuMs: Quartiles;
  /** Processor time of the main thread where the system tells it, else the time that its event loop was busy. */
  readonly mainThreadMs: Quartiles;
}

/** Median, and the quarters below and above. */
export interface Quartiles {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Options of {@link runScreeningBench}. */
export interface ScreeningBenchOptions {
  /** Default {@link SCREENING_SIZES}. */
  readonly sizes?: readonly MarketSize[];
  /** Measured screenings of each contender; they take turns. Default 21. */
  readonly rounds?: number;
  /** Told each line of the report. */
  readonly print?: (line: string) => void;
}

/** One size of market, with all who screened it. */
export interface ScreeningReport {
  readonly size: MarketSize;
  readonly figures: readonly ScreeningFigures[];
}

/**
 * Screens the same growing market with this project's pool, a pool that clones everything, and
 * nothing but the filters, in turns. Afterwards it checks that all found the same.
 * @throws AssertionError where they did not.
 */
export async function runScreeningBench({
  sizes = SCREENING_SIZES,
  rounds = roundsWithin(21),
  print = () => {},
}: ScreeningBenchOptions = {}): Promise<ScreeningReport[]> {
  const reports: ScreeningReport[] = [];
  for (const size of sizes) {
    const figures = await measure(size, rounds);
    reports.push({size, figures});
    printTable(size, figures, print);
  }
  return reports;
}

async function measure(size: MarketSize, rounds: number): Promise<ScreeningFigures[]> {
  const contenders = await createContenders(size);
  const wall = contenders.map((): number[] => []);
  const main = contenders.map((): number[] => []);
  const cpu = contenders.map((): number[] => []);
  try {
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      const found: Found[] = [];
      for (const [i, contender] of contenders.entries()) {
        await contender.advance();
        await accounted();
        const mainBefore = mainThreadMs();
        const cpuBefore = process.cpuUsage();
        const start = performance.now();
        found.push(await contender.screen());
        const tookMs = performance.now() - start;
        const {user, system} = process.cpuUsage(cpuBefore);
        await accounted();
        if (round < 0) continue;
        wall[i]!.push(tookMs);
        main[i]!.push(mainThreadMs() - mainBefore);
        cpu[i]!.push((user + system) / 1_000);
      }
      checkEqual(contenders, found);
    }
  } finally {
    for (const contender of contenders) await contender.close();
  }
  return contenders.map(({name, role}, i) => ({
    name,
    role,
    wallMs: quartilesOf(wall[i]!),
    cpuMs: quartilesOf(cpu[i]!),
    mainThreadMs: quartilesOf(main[i]!),
  }));
}

/** New matches are told by name, continuing ones by their number; so the number of all must agree. */
function checkEqual(contenders: readonly Contender[], found: readonly Found[]): void {
  const countsOf = (one: Found) => [...one].map(([id, {length}]) => `${id}: ${length}`).sort();
  for (const [i, one] of found.entries()) {
    deepStrictEqual(countsOf(one), countsOf(found[0]!), contenders[i]!.name);
  }
}

/** The kernel adds up a thread's time when the thread sleeps, or at a tick of 4 ms: what came before must not be counted here. */
async function accounted(): Promise<void> {
  await sleep(ACCOUNTED_MS);
}

/** Processor time of this thread so far, as Linux counts it in nanoseconds. */
function mainThreadMs(): number {
  try {
    const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
    return Number(text.split(' ')[0]) / 1e6;
  } catch {
    return performance.eventLoopUtilization().active;
  }
}

function quartilesOf(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]!;
  return {low: at(0.25), median: at(0.5), high: at(0.75)};
}

function printTable(
  size: MarketSize,
  figures: readonly ScreeningFigures[],
  print: (line: string) => void,
): void {
  const [cloning, floor] = figures;
  print(`\n${titleOf(size)}`);
  print(
    '| | screening, ms (quartiles) | of cloning | of the floor | all threads, CPU ms | of the floor | main thread, CPU ms | of cloning |',
  );
  print('|---|---|---|---|---|---|---|---|');
  for (const {name, wallMs, cpuMs, mainThreadMs} of figures) {
    const ratio = (a: number, b: number) => (a / b).toFixed(a < b / 10 ? 4 : 2);
    print(
      `| ${[
        name,
        textOf(wallMs),
        ratio(wallMs.median, cloning!.wallMs.median),
        ratio(wallMs.median, floor!.wallMs.median),
        textOf(cpuMs),
        ratio(cpuMs.median, floor!.cpuMs.median),
        textOf(mainThreadMs),
        ratio(mainThreadMs.median, cloning!.mainThreadMs.median),
      ].join(' | ')} |`,
    );
  }
}

function textOf({low, median, high}: Quartiles): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
}

/** `node dist/bench/screening.js [file for the JSON] [rounds] [symbols] [candles]`. */
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [file, rounds = '21', symbols, candles] = process.argv.slice(2);
  const sizes = symbols ? [{symbols: Number(symbols), candles: Number(candles)}] : SCREENING_SIZES;
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const report = await runScreeningBench({sizes, rounds: Number(rounds), print});
  if (file) writeFileSync(file, JSON.stringify(report, undefined, 2));
}
