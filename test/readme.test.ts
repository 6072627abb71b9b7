import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {CONFIG_KEYS, CONFIG_OPTIONS} from '../src/config/options.js';
import {CATALOGUE} from '../src/metrics/catalogue.js';

const run = promisify(execFile);
const readme = await readFile('README.md', 'utf8');
const machine = await readFile('docs/machine.md', 'utf8');
const metrics = await readFile('docs/metrics.md', 'utf8');

/** The code blocks of a language. */
function blocks(language: string): string[] {
  const found = readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'));
  return [...found].map(([, code = '']) => code);
}

test('README: its example runs and prints what it shows', async t => {
  await mkdir('dist/readme', {recursive: true});
  const folder = await mkdtemp('dist/readme/');
  t.teardown(() => rm(folder, {recursive: true}));
  for (const code of blocks('js')) {
    const [, name] = /^\/\/ (\S+\.js)$/m.exec(code) ?? [];
    if (name === undefined) continue;
    // The test listens on loopback only.
    await writeFile(join(folder, name), code.replace('port: 0', "port: 0, host: '127.0.0.1'"));
  }
  const {stdout, stderr} = await run(process.execPath, [join(folder, 'main.js')]);
  t.is(stderr, '');
  const shown = blocks('text')[0] ?? '';
  t.deepEqual(stdout.split('\n').sort(), shown.split('\n').sort());
});

test('docs/metrics.md names every family, docs/machine.md every option, and the README leads to both', t => {
  for (const {name} of Object.values(CATALOGUE)) t.true(metrics.includes(`### ${name}\n`), name);
  for (const key of CONFIG_KEYS) {
    const {flag, variable} = CONFIG_OPTIONS[key];
    t.true(machine.includes(`\`--${flag} `) && machine.includes(`\`${variable}\``), flag);
  }
  for (const page of ['docs/metrics.md', 'docs/machine.md']) t.true(readme.includes(`(${page})`));
});

test('README: its first code block stands by line 30', t => {
  t.true(readme.split('\n').findIndex(line => line.startsWith('```')) < 30);
});
