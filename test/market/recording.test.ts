import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {gzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {KlineStore} from '../../src/market/kline-store.js';
import {listRecording, RecordingError, readCandles} from '../../src/market/recording.js';
import {recordingPath, testWithRecordings} from '../support/recordings.js';

const FIRST =
  '1767571200000,0.40060000,0.403,0.3995,0.4008,2413911.6,1767572099999,968836.67,4461,14319.2,5749.8,0';
const SECOND = '1767572100000,0.4008,0.4014,0.3980,0.4004,987656.2,1767572999999,,,,,';

async function folderOf(t: ExecutionContext, files: Record<string, string | Buffer>) {
  const folder = await mkdtemp(join(tmpdir(), 'threadtally-'));
  t.teardown(() => rm(folder, {recursive: true}));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

async function readOne(t: ExecutionContext, name: string, content: string | Buffer) {
  const [file] = await listRecording(await folderOf(t, {[name]: content}));
  return readCandles(file!);
}

test('listRecording() names symbol and interval of each candle file, sorted', async t => {
  const folder = await folderOf(t, {'B-1h.csv': '', 'A-15m.csv.gz': '', 'README.md': ''});
  t.deepEqual(await listRecording(folder), [
    {path: join(folder, 'A-15m.csv.gz'), symbol: 'A', interval: '15m'},
    {path: join(folder, 'B-1h.csv'), symbol: 'B', interval: '1h'},
  ]);
});

test('readCandles() keeps numbers verbatim and fills in what the source lacked', async t => {
  for (const content of [`${FIRST}\n${SECOND}\n`, `${FIRST}\r\n${SECOND}`]) {
    t.deepEqual(await readOne(t, 'X-15m.csv', content), [
      [
        1767571200000,
        '0.40060000',
        '0.403',
        '0.3995',
        '0.4008',
        '2413911.6',
        1767572099999,
        '968836.67',
        4461,
        '14319.2',
        '5749.8',
        '0',
      ],
      [
        1767572100000,
        '0.4008',
        '0.4014',
        '0.3980',
        '0.4004',
        '987656.2',
        1767572999999,
        '0',
        0,
        '0',
        '0',
        '0',
      ],
    ]);
  }
  t.is((await readOne(t, 'X-15m.csv.gz', gzipSync(FIRST))).length, 1);
});

test('listRecording() takes the symbols that Binance has, whatever their script', async t => {
  const symbols = ['1000SHIBUSDT', 'BTC-240628', 'BTC.D', 'BTCUSD_PERP', '币安人生USDT'];
  const folder = await folderOf(
    t,
    Object.fromEntries(symbols.map(symbol => [`${symbol}-1h.csv`, ''])),
  );
  const files = await listRecording(folder);
  t.deepEqual(
    files.map(({symbol}) => symbol),
    symbols,
  );
});

const names: [name: string, message: string][] = [
  ['BTCUSDT.csv', 'BTCUSDT.csv: expected a name like BTCUSDT-15m.csv.gz, got BTCUSDT.csv'],
  ['-1h.csv', '-1h.csv: expected a name like BTCUSDT-15m.csv.gz, got -1h.csv'],
  [
    'btcusdt-1h.csv',
    'btcusdt-1h.csv: expected a symbol of 1 to 32 capital letters, digits, _ . and -, got btcusdt',
  ],
  [
    `${'A'.repeat(33)}-1h.csv`,
    `${'A'.repeat(33)}-1h.csv: expected a symbol of 1 to 32 capital letters, digits, _ . and -, got ${'A'.repeat(33)}`,
  ],
  [
    'A\nB\u001b[2J-1h.csv',
    'A\\u000aB\\u001b[2J-1h.csv: expected a symbol of 1 to 32 capital letters, digits, _ . and -, got A\\u000aB\\u001b[2J',
  ],
  [
    'BTCUSDT-7m.csv.gz',
    'BTCUSDT-7m.csv.gz: expected an interval of 1m, 5m, 15m, 1h, 4h, 1d, got 7m',
  ],
];
for (const [name, message] of names) {
  test(`listRecording() refuses the name ${JSON.stringify(name)}`, async t => {
    const folder = await folderOf(t, {[name]: ''});
    await t.throwsAsync(listRecording(folder), {
      instanceOf: RecordingError,
      code: 'file_name',
      message,
    });
  });
}

test('listRecording() refuses a series that two files hold', async t => {
  const folder = await folderOf(t, {'A-1h.csv': '', 'A-1h.csv.gz': ''});
  const message = 'A-1h.csv.gz: expected one file a series, got A-1h.csv too';
  await t.throwsAsync(listRecording(folder), {code: 'file_name', message});
});

test('listRecording() refuses a folder that is absent or has no candle files', async t => {
  const folder = await folderOf(t, {'README.md': ''});
  await t.throwsAsync(listRecording(folder), {
    code: 'no_candle_files',
    message: `${folder}: expected <SYMBOL>-<interval>.csv.gz files, got 1 other files`,
  });
  const absent = join(folder, 'absent');
  await t.throwsAsync(listRecording(absent), {
    instanceOf: RecordingError,
    code: 'folder_unreadable',
    message: `${absent}: expected a folder, got ENOENT`,
  });
  await t.throwsAsync(listRecording(join(folder, 'README.md')), {code: 'folder_unreadable'});
});

test('readCandles() refuses what is not gzip, cut off, empty or gone', async t => {
  await t.throwsAsync(readOne(t, 'A-15m.csv.gz', FIRST), {
    code: 'not_gzip',
    message: 'A-15m.csv.gz: expected gzip data, got Z_DATA_ERROR',
  });
  const cut = gzipSync(FIRST).subarray(0, 40);
  await t.throwsAsync(readOne(t, 'A-15m.csv.gz', cut), {code: 'not_gzip'});
  await t.throwsAsync(readOne(t, 'A-15m.csv', ''), {
    code: 'file_empty',
    message: 'A-15m.csv: expected at least one candle, got an empty file',
  });
  const gone = {
    path: join(tmpdir(), 'threadtally-gone', 'A-15m.csv'),
    symbol: 'A',
    interval: '15m',
  } as const;
  await t.throwsAsync(readCandles(gone), {
    code: 'file_unreadable',
    message: 'A-15m.csv: expected a file, got ENOENT',
  });
});

// Windows has no named pipes in its file system.
const testWithPipes = process.platform === 'win32' ? test.skip : test;
testWithPipes('readCandles() refuses a pipe or folder that is named like a file', async t => {
  const folder = await folderOf(t, {});
  const path = join(folder, 'A-15m.csv');
  await promisify(execFile)('mkfifo', [path]);
  const [pipe] = await listRecording(folder);
  await t.throwsAsync(readCandles(pipe!), {
    code: 'file_unreadable',
    message: 'A-15m.csv: expected a file, got a pipe',
  });
  await rm(path);
  await mkdir(path);
  await t.throwsAsync(readCandles(pipe!), {
    code: 'file_unreadable',
    message: 'A-15m.csv: expected a file, got a folder',
  });
});

test('readCandles() keeps a number of 40 characters verbatim', async t => {
  const volume = `0.${'1'.repeat(38)}`;
  const [kline] = await readOne(t, 'A-15m.csv', FIRST.replace('2413911.6', volume));
  t.is(kline?.[5], volume);
});

/** Line 2 of a file whose line 1 is FIRST, and what is said of it. */
const badLines: [what: string, line: string, said: string][] = [
  ['too few fields', '1,2,3', 'expected 12 fields, got 3'],
  ['an empty line', '', 'expected 12 fields, got 1'],
  [
    'a header',
    'open_time,open,high,low,close,volume,close_time,quote_volume,count,a,b,ignore',
    'expected open_time to be a number from 0, got open_time',
  ],
  [
    'an empty price',
    SECOND.replace('0.4004', ''),
    'expected close to be a number from 0, got nothing',
  ],
  [
    'a negative price',
    SECOND.replace('0.4004', '-0.4'),
    'expected close to be a number from 0, got -0.4',
  ],
  [
    'a number that is infinite',
    SECOND.replace('987656.2', '1e999'),
    'expected volume to be a finite number, got 1e999',
  ],
  [
    'a number of 41 digits',
    SECOND.replace('987656.2', '1'.repeat(41)),
    'expected volume to have at most 40 characters, got 41',
  ],
  [
    'a taker field that is no number',
    SECOND.replace(/,$/, 'x,'),
    'expected taker_buy_quote to be a number from 0, got x',
  ],
  [
    'an open time off the interval',
    SECOND.replace('1767572100000', '1767572100001'),
    'expected open_time to be a multiple of 900000, got 1767572100001',
  ],
  [
    'an open time seen before',
    FIRST,
    'expected open_time to be later than 1767571200000, got 1767571200000',
  ],
  [
    'microseconds',
    SECOND.replace('1767572100000', '1767572100000000'),
    'expected open_time in milliseconds, got 1767572100000000',
  ],
  [
    'a close time outside',
    SECOND.replace('1767572999999', '1767573000000'),
    'expected close_time from 1767572100000 to 1767572999999, got 1767573000000',
  ],
  [
    'a high below the open',
    SECOND.replace('0.4014', '0.4007'),
    'expected high to be at least 0.4008, got 0.4007',
  ],
  [
    'a low above the close',
    SECOND.replace('0.3980', '0.4005'),
    'expected low to be at most 0.4004, got 0.4005',
  ],
  [
    'a long value',
    SECOND.replace('0.4004', 'z'.repeat(99)),
    `expected close to be a number from 0, got ${'z'.repeat(40)}...`,
  ],
  [
    'control characters',
    SECOND.replace('0.4004', '\u001b[2J'),
    'expected close to be a number from 0, got \\u001b[2J',
  ],
];
for (const [what, line, said] of badLines) {
  test(`readCandles() refuses a line with ${what}, naming file and line`, async t => {
    const reading = readOne(t, 'BTCUSDT-15m.csv.gz', gzipSync(`${FIRST}\n${line}\n`));
    const message = `BTCUSDT-15m.csv.gz:2: ${said}`;
    await t.throwsAsync(reading, {instanceOf: RecordingError, code: 'bad_line', message});
  });
}

testWithRecordings(
  'record() finds the outage of 2021-04-25 in all 20 recorded symbols',
  async t => {
    const files = await listRecording(
      recordingPath('market-data', 'klines', 'spot-ohlcv-freqtrade-2021'),
    );
    t.is(files.length, 20);
    const store = new KlineStore();
    for (const file of files) {
      const gaps: string[] = [];
      for (const kline of await readCandles(file)) {
        const outcome = store.record(file.symbol, file.interval, kline, true);
        if (outcome.result !== 'appended') t.fail(`${file.symbol} ${kline[0]}: ${outcome.result}`);
        if (outcome.missingCandles > 0)
          gaps.push(`${new Date(kline[0]).toISOString()} ${outcome.missingCandles}`);
      }
      t.deepEqual(gaps, ['2021-04-25T08:45:00.000Z 56'], file.symbol);
    }
    t.true([...store.series()].every(series => series.missingCandles === 56));
  },
);
