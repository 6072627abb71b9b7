import {execFileSync} from 'node:child_process';
import {mkdir, writeFile} from 'node:fs/promises';
import os from 'node:os';
import {fileURLToPath} from 'node:url';
import {ROUNDS} from './measure.js';
import {pictureOf} from './picture.js';
import {markdownOf, type Table} from './table.js';

// From dist/bench/.
const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

/** The tables of one suite. */
export interface Section {
  readonly title: string;
  readonly tables: readonly Table[];
}

/** Writes docs/benchmarks.md, and a picture of each table beside it. */
export async function writeReport(sections: readonly Section[]): Promise<void> {
  const tables = sections.flatMap(section => section.tables);
  await mkdir(`${DOCS}benchmarks`, {recursive: true});
  for (const table of tables)
    await writeFile(`${DOCS}benchmarks/${table.id}.svg`, pictureOf(table));
  await writeFile(`${DOCS}benchmarks.md`, reportOf(sections));
}

function reportOf(sections: readonly Section[]): string {
  const goals = sections.flatMap(({tables}) => tables.flatMap(table => table.goals));
  const met = goals.filter(({isMet}) => isMet).length;
  const head = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; [bench/README.md](../bench/README.md) says what each measures and how it is kept fair. Medians',
    `of at least ${ROUNDS} interleaved rounds where nothing else is said, and the lowest and highest of them. Ratios travel, absolute`,
    'figures do not: compare only within a table.',
    '',
    `- Machine: ${os.cpus()[0]?.model ?? 'unknown'}, ${os.cpus().length} processors, ${os.platform()} ${os.arch()}, shared with others`,
    `- Node ${process.version}, commit ${commit()}, ${new Date().toISOString().slice(0, 10)}`,
    `- ${met} of ${goals.length} goals met`,
    '',
  ];
  const body = sections.flatMap(({title, tables}) => [
    `## ${title}`,
    '',
    ...tables.map(markdownOf),
  ]);
  return [...head, ...body].join('\n');
}

/** The commit that was measured; `+` where the tree held more. */
function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, {encoding: 'utf8'}).trim();
  const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
  return git('rev-parse', '--short', 'HEAD') + (isChanged ? '+' : '');
}
