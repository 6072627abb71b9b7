import {execFile} from 'node:child_process';
import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';

const FOLDER = 'docs/migrating';

const run = promisify(execFile);
const text = await readFile(`${FOLDER}.md`, 'utf8');
const files = (await readdir(FOLDER, {recursive: true})).filter(file => file.endsWith('.js'));

/** The code blocks of a language. */
function blocks(language: string): string[] {
  const found = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'));
  return [...found].map(([, code = '']) => code);
}

async function outputOf(folder: string): Promise<string> {
  const {stdout, stderr} = await run(process.execPath, [join(FOLDER, folder, 'main.js')]);
  return stdout + stderr;
}

for (const [i, migration] of ['cluster', 'relay'].entries()) {
  test(`migrating.md: ${migration} prints the same before and after`, async t => {
    const after = await outputOf(`${migration}/after`);
    t.is(after, await outputOf(`${migration}/before`));
    t.is(after, blocks('text')[i] ?? '');
  });
}

test('migrating.md: the program after WorkerRegistry prints what it shows', async t => {
  t.is(await outputOf('worker-registry/after'), blocks('text')[2] ?? '');
});

test('migrating.md: it shows each file as it runs', async t => {
  t.is(files.length, 10);
  for (const file of files) {
    const code = await readFile(join(FOLDER, file), 'utf8');
    t.true(blocks('js').includes(`// ${file}\n${code}`), file);
  }
});
