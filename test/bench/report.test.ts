import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Figure} from '../../bench/measure.js';
import {Report, type Section} from '../../bench/report.js';
import {atMost, type Table} from '../../bench/table.js';

function reportIn(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'threadtally-report-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  const read = () => readFileSync(join(folder, 'benchmarks.md'), 'utf8');
  const hasPicture = (id: string) => existsSync(join(folder, 'benchmarks', `${id}.svg`));
  return {report: new Report(['first', 'second'], `${folder}/`), read, hasPicture};
}

const FIGURES: readonly Figure[] = [
  {name: 'bare', role: 'floor', median: 2, low: 1, high: 3},
  {name: 'threadtally', role: 'ours', median: 5, low: 4, high: 6},
];

function sectionOf(title: string, id: string): Section {
  const goals = [atMost(FIGURES, {of: 'threadtally', times: 3, than: 'bare'})];
  const table: Table = {id, title: `Work of ${id}`, unit: 'ns', figures: FIGURES, goals};
  return {title, stamp: 'a machine, commit abc', seconds: 30, tables: [table]};
}

test('a goal stands in the row of its figure, with what was measured', async t => {
  const {report, read} = reportIn(t);
  await report.renew('first', sectionOf('First', 'one'));
  const rows = read()
    .split('\n')
    .filter(line => line.startsWith('|'));
  t.deepEqual(rows, [
    '| contender | role | ns | low to high | times bare | goal |',
    '|---|---|--:|--:|--:|---|',
    '| bare | floor | 2 | 1 to 3 | 1 |  |',
    '| threadtally | ours | 5 | 4 to 6 | 2.5 | at most 3 times bare: 2.5, met |',
  ]);
  t.true(read().includes('- 1 of 1 goals met'));
});

test('renew() keeps the other sections, in the order of the suites', async t => {
  const {report, read} = reportIn(t);
  await report.renew('second', sectionOf('Second', 'two'));
  await report.renew('first', sectionOf('First', 'one'));
  t.deepEqual(
    [...read().matchAll(/^## (.*)$/gm)].map(([, title]) => title),
    ['First', 'Second'],
  );
  t.true(read().includes('All suites together took 60 s'));
});

test('renew() of a suite that failed says so, and takes its old figures and pictures away', async t => {
  const {report, read, hasPicture} = reportIn(t);
  await report.renew('first', sectionOf('First', 'one'));
  await report.renew('second', sectionOf('Second', 'two'));
  await report.renew('first', {...sectionOf('First', 'one'), tables: [], failure: 'It broke'});
  t.true(read().includes('- **Failed**: First'));
  t.true(read().includes('**Failed**: It broke'));
  t.false(read().includes('Work of one'));
  t.true(read().includes('Work of two'));
  t.deepEqual([hasPicture('one'), hasPicture('two')], [false, true]);
});
