import {execFile} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {parseAllDocuments} from 'yaml';

const pages = [
  'README.md',
  ...readdirSync('docs', {recursive: true, encoding: 'utf8'})
    .filter(path => path.endsWith('.md'))
    .map(path => join('docs', path)),
];

/** A page without its code blocks. */
function proseOf(page: string): string {
  return readFileSync(page, 'utf8').replace(/^```.*?^```$/gms, '');
}

/** The anchors that a page's headings have. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('links between pages lead to files and headings that are there', t => {
  let count = 0;
  for (const page of pages) {
    for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      count++;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      t.true(existsSync(file), `${page}: ${target}`);
      if (anchor !== undefined && statSync(file).isFile()) {
        t.true(anchorsOf(file).includes(anchor), `${page}: ${target}`);
      }
    }
  }
  t.true(count > 20);
});

test('YAML that a page shows is YAML', t => {
  let count = 0;
  for (const page of pages) {
    for (const [, text = ''] of readFileSync(page, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)) {
      for (const document of parseAllDocuments(text)) {
        count++;
        t.deepEqual(document.errors, [], page);
      }
    }
  }
  t.true(count >= 4);
});

/** Runs the program of docs/machine.md that begins with this import, and answers what it prints. */
async function runShown(t: ExecutionContext, start: string): Promise<string> {
  const programs = readFileSync('docs/machine.md', 'utf8').matchAll(/^```js\n(.*?)^```$/gms);
  const [code = ''] = [...programs]
    .map(([, text = '']) => text)
    .filter(text => text.includes(start));
  await mkdir('dist/docs', {recursive: true});
  const folder = await mkdtemp('dist/docs/');
  t.teardown(() => rm(folder, {recursive: true}));
  const root = join(import.meta.dirname, '..', '..');
  await writeFile(join(folder, 'shown.mjs'), code.replaceAll("'./dist/", `'${root}/dist/`));
  const {stdout, stderr} = await promisify(execFile)(process.execPath, [join(folder, 'shown.mjs')]);
  t.is(stderr, '');
  return stdout;
}

test('docs/machine.md: the program with an exchange of its own runs', async t => {
  const printed = await runShown(t, 'new SimulatedExchange(');
  t.regex(printed, /^ws:\/\/127\.0\.0\.1:\d+ http:\/\/127\.0\.0\.1:\d+\n\d+\n$/);
});

test('docs/machine.md: the program with a pool of its own prints what it shows', async t => {
  const printed = await runShown(t, 'new ScreenerPool(');
  t.true(readFileSync('docs/machine.md', 'utf8').includes(`\`\`\`text\n${printed}\`\`\``));
});

test('every code that an error or a warning can have has a heading', t => {
  const headings = [
    ...proseOf('docs/machine.md').matchAll(/^### (.*)$/gm),
    ...proseOf('README.md').matchAll(/^### (.*)$/gm),
  ]
    .map(([, heading = '']) => heading)
    .join(' ');
  const codes = new Set<string>();
  for (const path of readdirSync('src', {recursive: true, encoding: 'utf8'})) {
    if (!path.endsWith('.ts') || path.startsWith(join('http', 'live', 'browser'))) continue;
    const text = readFileSync(join('src', path), 'utf8');
    // Behind a message, as the code of a class, and in the unions of codes.
    for (const [, code = ''] of text.matchAll(/ \[([a-z]+(?:_[a-z]+)+)\][`']/g)) codes.add(code);
    for (const [, code = ''] of text.matchAll(/code\b[^;\n]*= '([a-z]+(?:_[a-z]+)+)'/g))
      codes.add(code);
    for (const [, union = ''] of text.matchAll(/type \w*ErrorCode =(.*?);/gs)) {
      for (const [, code = ''] of union.matchAll(/'([a-z_]+)'/g)) codes.add(code);
    }
  }
  t.true(codes.size > 30, [...codes].join(' '));
  for (const code of codes) t.true(headings.includes(`\`${code}\``), code);
});
