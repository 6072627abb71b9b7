import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {ScreenerPool} from '../../src/pool/screener-pool.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

/** Writes a folder with these files, a module of helpers among them, and tells where that one is. */
function folderOf(t: ExecutionContext, files: Readonly<Record<string, string>>): URL {
  const folder = mkdtempSync(join(tmpdir(), 'threadtally-helpers-'));
  t.teardown(() => rmSync(folder, {recursive: true}));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), {recursive: true});
    writeFileSync(join(folder, name), text);
  }
  return pathToFileURL(join(folder, 'helpers.mjs'));
}

/** What a filter makes of `helpers.answer()`. */
async function answerOf(t: ExecutionContext, files: Readonly<Record<string, string>>) {
  const {screen, store} = await startMachine(t, 1, {helpers: folderOf(t, files)});
  fillStore(store, ['AUSDT']);
  const code = 'return {match: true, conditions: [String(helpers.answer())]};';
  const result = (await screen([traderOf('t', code)])).get('t');
  return result?.matches[0]?.matchedConditions[0] ?? result?.throws?.firstMessage;
}

const WORKING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a package in CommonJS, by name and as a whole': {
    'helpers.mjs': `import whole, {rsi} from 'old-indicators';
      export const answer = () => rsi(1) + ' ' + whole.rsi(2) + ' ' + whole.nested.level;`,
    'node_modules/old-indicators/package.json': '{"name": "old-indicators", "main": "lib.js"}',
    'node_modules/old-indicators/lib.js': `const {level} = require('./level');
      exports.rsi = value => value + 10; exports.nested = {level};`,
    'node_modules/old-indicators/level.js': 'module.exports = {level: 7};',
    expected: '11 12 7',
  },
  'of a package with two builds the one for import': {
    'helpers.mjs': "export {kind as answer} from 'two-builds/kind';",
    'node_modules/two-builds/package.json':
      '{"name": "two-builds", "exports": {"./kind": {"import": "./kind.mjs", "require": "./kind.cjs"}}}',
    'node_modules/two-builds/kind.mjs': "export const kind = () => 'import';",
    'node_modules/two-builds/kind.cjs': "exports.kind = () => 'require';",
    expected: 'import',
  },
  'a package that has a build for import alone': {
    'helpers.mjs': "export {kind as answer} from 'modern';",
    'node_modules/modern/package.json':
      '{"name": "modern", "type": "module", "exports": {"import": "./index.js"}}',
    'node_modules/modern/index.js': "export const kind = () => 'modern';",
    expected: 'modern',
  },
  'JSON, by either kind of module': {
    'helpers.mjs': `import levels from './levels.json' with {type: 'json'};
      import required from './required.cjs';
      export const answer = () => levels.low + required.high;`,
    'levels.json': '{"low": 30, "high": 70}',
    'required.cjs': "module.exports = require('./levels.json');",
    expected: '100',
  },
  'a neighbour whose ending is left out': {
    'helpers.mjs': "export {answer} from './neighbour';",
    'neighbour.js': 'exports.answer = () => 5;',
    expected: '5',
  },
  'objects of the realm alone, out of JSON too': {
    'helpers.mjs': `import levels from './levels.json' with {type: 'json'};
      export const answer = () => {
        try { return levels.constructor.constructor('return typeof process')(); } catch (error) { return error.name; }
      };`,
    'levels.json': '{"low": 30}',
    expected: 'EvalError',
  },
};
for (const [what, {expected, ...files}] of Object.entries(WORKING)) {
  test(`helpers: a module imports ${what}`, async t => {
    t.is(await answerOf(t, files), expected);
  });
}

const FAILING: Readonly<Record<string, readonly [files: Record<string, string>, message: RegExp]>> =
  {
    'a package that is not there': [
      {'helpers.mjs': "export {x} from 'nowhere-to-be-found';"},
      /nowhere-to-be-found/,
    ],
    'a CommonJS module that throws': [
      {'helpers.mjs': "export {x} from './bad.cjs';", 'bad.cjs': "throw new Error('no luck');"},
      /no luck/,
    ],
    'a name that a CommonJS module has not': [
      {'helpers.mjs': "export {x} from './other.cjs';", 'other.cjs': 'exports.y = () => 1;'},
      /\bx\b/,
    ],
    'JSON that is none': [
      {'helpers.mjs': "import x from './x.json'; export const y = () => x;", 'x.json': '{'},
      /JSON/,
    ],
    "a package that requires a module of Node's": [
      {'helpers.mjs': "export {x} from './reads.cjs';", 'reads.cjs': "require('fs');"},
      /Expected .*reads\.cjs to import no module of Node's, got `fs`/,
    ],
  };
for (const [what, [files, message]] of Object.entries(FAILING)) {
  test(`initialize() says what is wrong with a module of helpers that imports ${what}`, async t => {
    const pool = new ScreenerPool({helpers: folderOf(t, files)});
    t.teardown(() => pool.shutdown(0));
    await t.throwsAsync(pool.initialize(1), {code: 'helpers_invalid', message});
  });
}
