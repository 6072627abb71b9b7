/* `npm run bench [name...]`: measures all suites, or those named, and writes docs/benchmarks.md where all ran. */

import {writeReport} from './report.js';
import {SUITES} from './suites.js';
import {textOf} from './table.js';

const asked = process.argv.slice(2);
const unknown = asked.filter(name => !(name in SUITES));
if (unknown.length > 0) {
  const known = Object.keys(SUITES).join(', ');
  process.stderr.write(`Expected benches among ${known}, got ${unknown.join(', ')}\n`);
  process.exit(2);
}
const sections = [];
for (const [name, {title, load}] of Object.entries(SUITES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const tables = await (await load()).run();
  for (const table of tables) process.stdout.write(`${textOf(table)}\n\n`);
  sections.push({title, tables});
}
if (asked.length === 0) await writeReport(sections);
