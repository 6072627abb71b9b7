import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {decodeTraders, TRADERS_MAX, TradersError} from '../src/schemas.js';
import {jsonErrorOffset, readTradersFile, TRADERS_FILE_BYTES_MAX} from '../src/traders-file.js';

const TRADER = {id: 'a', name: 'A', enabled: false, filter: {code: 'return true;'}};

async function temporaryFile(t: ExecutionContext, content: string | Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'traders-file-'));
  t.teardown(() => rm(folder, {recursive: true}));
  const path = join(folder, 'traders.json');
  await writeFile(path, content);
  return path;
}

async function refusedFile(t: ExecutionContext, path: string): Promise<TradersError> {
  const error = await t.throwsAsync(readTradersFile(path), {
    instanceOf: TradersError,
    code: 'traders_invalid',
  });
  return error as TradersError;
}

function refused(json: unknown): string {
  try {
    decodeTraders(json, 'traders.json');
  } catch (error) {
    if (error instanceof TradersError && error.code === 'traders_invalid') return error.message;
    throw error;
  }
  throw new Error('Expected the traders to be refused, got them');
}

test('decodeTraders() keeps unknown fields and takes enabled as true where it is left out', t => {
  const json = [
    {id: 'a', name: '', filter: {code: 'x', refreshInterval: '1d', note: [1]}, owner: {x: null}},
    {...TRADER, id: 'b', filter: {code: 'x', requiredTimeframes: ['1m', '4h']}},
  ];
  t.deepEqual(decodeTraders(json, 'x'), [{...json[0]!, enabled: true}, json[1]] as never);
  t.deepEqual(decodeTraders([], 'x'), []);
});

test('decodeTraders() names source, place, expected and got in one line', t => {
  const withFilter = (filter: unknown) => [TRADER, {...TRADER, id: 'b', filter}];
  const interval = 'one of 1m, 5m, 15m, 1h, 4h, 1d';
  const cases: [unknown, string][] = [
    [{}, 'expected a list of at most 1000 traders, got an object'],
    [null, 'expected a list of at most 1000 traders, got null'],
    [[TRADER, 5], '[1]: expected an object, got 5'],
    [
      [{...TRADER, id: undefined}],
      '[0].id: expected a string of 1 to 256 characters, got undefined',
    ],
    [[{...TRADER, id: ''}], '[0].id: expected a string of 1 to 256 characters, got ""'],
    [
      [{id: 'a', filter: TRADER.filter}],
      '[0].name: expected a string of at most 256 characters, got undefined',
    ],
    [
      [{...TRADER, name: 'n'.repeat(257)}],
      `[0].name: expected a string of at most 256 characters, got "${'n'.repeat(59)}…"`,
    ],
    [[{...TRADER, enabled: 'yes\n'}], '[0].enabled: expected true or false, got "yes\\n"'],
    [withFilter(undefined), '[1].filter: expected an object, got undefined'],
    [withFilter({}), '[1].filter.code: expected a non-empty string, got undefined'],
    [withFilter({code: ''}), '[1].filter.code: expected a non-empty string, got ""'],
    [
      withFilter({code: 'x', refreshInterval: '5M'}),
      `[1].filter.refreshInterval: expected ${interval}, got "5M"`,
    ],
    [
      withFilter({code: 'x', requiredTimeframes: '5m'}),
      '[1].filter.requiredTimeframes: expected a list of intervals, got "5m"',
    ],
    [
      withFilter({code: 'x', requiredTimeframes: ['5m', 15]}),
      `[1].filter.requiredTimeframes[1]: expected ${interval}, got 15`,
    ],
    [
      [TRADER, {...TRADER, id: 'b'}, {...TRADER, name: 'C'}],
      '[2].id: expected an id of its own, got "a", the id of [0]',
    ],
  ];
  for (const [json, message] of cases) t.is(refused(json), `traders.json: ${message}`);
});

test('decodeTraders() takes TRADERS_MAX traders and refuses one more', t => {
  const traders = Array.from({length: TRADERS_MAX + 1}, (_, index) => ({
    ...TRADER,
    id: `${index}`,
  }));
  t.is(decodeTraders(traders.slice(1), 'x').length, TRADERS_MAX);
  t.is(
    refused(traders),
    'traders.json: expected a list of at most 1000 traders, got a list of 1001',
  );
});

test('decodeTraders() lets no field reach a prototype', t => {
  const json = JSON.parse('[{"id":"a","name":"A","filter":{"code":"x"},"__proto__":{"spoilt":1}}]');
  const [trader] = decodeTraders(json, 'x');
  t.is((trader as {spoilt?: unknown}).spoilt, undefined);
  t.is(Object.getPrototypeOf(trader), Object.prototype);
});

test('readTradersFile() reads a file with or without a byte order mark', async t => {
  for (const mark of ['', '\ufeff']) {
    const path = await temporaryFile(t, `${mark}${JSON.stringify([TRADER])}\n`);
    t.deepEqual(await readTradersFile(path), [TRADER]);
  }
});

test('readTradersFile() refuses a missing file and a folder, and keeps the cause', async t => {
  const path = await temporaryFile(t, '');
  const missing = await refusedFile(t, `${path}\n`);
  t.is(missing.message, `${path}\\n: expected a readable file, got no such file (ENOENT)`);
  t.is((missing.cause as NodeJS.ErrnoException).code, 'ENOENT');
  const folder = await refusedFile(t, tmpdir());
  t.is(folder.message, `${tmpdir()}: expected a readable file, got a folder (EISDIR)`);
});

test('readTradersFile() tells line and column where the file stops being JSON', async t => {
  const cases: [string, string][] = [
    ['[\n  {"id": "a"},\n]\n', 'got "]" at line 3, column 1'],
    ['[\r\n  {"id": "a"\r\n', 'got its end at line 3, column 1'],
    ['', 'got its end at line 1, column 1'],
    ['\n\n  oops\nmore', 'got "oops" at line 3, column 3'],
    [`["${'x'.repeat(100)}`, `got "\\"${'x'.repeat(58)}…" at line 1, column 2`],
  ];
  for (const [content, message] of cases) {
    const path = await temporaryFile(t, content);
    const error = await refusedFile(t, path);
    t.is(error.message, `${path}: expected JSON, ${message}`);
    t.true(error.cause instanceof SyntaxError);
  }
});

test('readTradersFile() refuses other bytes than UTF-8', async t => {
  const path = await temporaryFile(t, Uint8Array.of(0x5b, 0xff, 0xfe, 0x5d));
  const error = await refusedFile(t, path);
  t.is(error.message, `${path}: expected UTF-8 text, got other bytes`);
  t.true(error.cause instanceof TypeError);
});

test('readTradersFile() takes TRADERS_FILE_BYTES_MAX bytes and refuses one more', async t => {
  const largest = await temporaryFile(t, '[]'.padEnd(TRADERS_FILE_BYTES_MAX));
  t.deepEqual(await readTradersFile(largest), []);
  const larger = await temporaryFile(t, '[]'.padEnd(TRADERS_FILE_BYTES_MAX + 1));
  const error = await refusedFile(t, larger);
  t.is(error.message, `${larger}: expected at most 16777216 bytes, got more`);
});

test('readTradersFile() names the file and the place of a trader that is not valid', async t => {
  const path = await temporaryFile(t, JSON.stringify([{...TRADER, filter: {}}]));
  const error = await refusedFile(t, path);
  t.is(error.message, `${path}: [0].filter.code: expected a non-empty string, got undefined`);
});

test('jsonErrorOffset() points at the first token that cannot stand there', t => {
  const cases: [string, number][] = [
    ['{"a":1,}', 7],
    ['[1 2]', 3],
    ['[01]', 2],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ['[1}', 2],
    ['[] []', 3],
    ['["a\nb"]', 1],
    ['nulls', 4],
    ['[[1]', 4],
  ];
  for (const [text, offset] of cases) t.is(jsonErrorOffset(text), offset, text);
});

test('jsonErrorOffset() calls JSON what JSON.parse() takes, and nothing else', t => {
  const isJson = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  const tokens = fc.constantFrom(
    ...'[]{}:,"\\ \n01-.e+',
    '"a"',
    'true',
    'null',
    '1.5e+3',
    '\u00a0',
  );
  const soup = fc.array(tokens, {maxLength: 8}).map(parts => parts.join(''));
  const damaged = fc.tuple(fc.json(), fc.nat(), soup).map(([json, at, extra]) => {
    const offset = at % (json.length + 1);
    return json.slice(0, offset) + extra + json.slice(offset + 1);
  });
  fc.assert(
    fc.property(fc.oneof(fc.json(), soup, damaged), text => {
      t.is(jsonErrorOffset(text) === null, isJson(text), text);
    }),
    {numRuns: 2_000},
  );
});
