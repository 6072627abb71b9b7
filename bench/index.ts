/*
 * `npm run bench`: measures all suites, one after another, and writes docs/benchmarks.md after each.
 * `npm run bench pages http`: measures these alone, and writes nothing; with `-- --write` their sections are renewed.
 * `BENCH_ROUNDS=1 SOAK_MINUTES=0.5 npm run bench`: only to see that all runs.
 */

import {growthText} from './growth-table.js';
import {Report} from './report.js';
import {stampNow} from './stamp.js';
import {runSuite} from './suite-run.js';
import {isGrowth, SUITES} from './suites.js';
import {textOf} from './table.js';

const asked = process.argv.slice(2).filter(argument => argument !== '--write');
const unknown = asked.filter(name => !(name in SUITES));
if (unknown.length > 0) {
  const known = Object.keys(SUITES).join(', ');
  process.stderr.write(`Expected benches among ${known}, got ${unknown.join(', ')}\n`);
  process.exit(2);
}
const names = Object.keys(SUITES);
const isWritten = asked.length === 0 || process.argv.includes('--write');
const report = new Report(names);
const start = performance.now();
for (const name of names) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const stamp = stampNow();
  const outcome = await runSuite(name);
  for (const table of outcome.tables) {
    process.stdout.write(`${isGrowth(table) ? growthText(table) : textOf(table)}\n\n`);
  }
  if (outcome.failure !== undefined) {
    process.stderr.write(`${name} failed: ${outcome.failure}\n`);
    process.exitCode = 1;
  }
  process.stdout.write(`${name}: ${Math.round(outcome.seconds)} s\n\n`);
  if (isWritten) await report.renew(name, {title: SUITES[name]!.title, stamp, ...outcome});
}
process.stdout.write(`Took ${((performance.now() - start) / 60_000).toFixed(1)} minutes\n`);
