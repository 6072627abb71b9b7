import test from 'ava';
import fc from 'fast-check';
import {CONFIG_KEYS, CONFIG_OPTIONS} from '../src/config/options.js';
import {defaultWorkerCount} from '../src/config/screening-options.js';
import {type Config, ConfigError, parseConfig} from '../src/config.js';

const DEFAULTS: Omit<Config, 'workerCount'> = {
  port: 9091,
  host: '::',
  livePage: 'on',
  metricsToken: null,
  screeningIntervalMs: 5_000,
  tradersFile: null,
  taskTimeoutMs: 5_000,
  workerHeapMib: 512,
  feed: 'simulated',
  symbolCount: 20,
  quoteAsset: 'USDT',
  intervals: ['5m', '15m'],
  historyCandles: 500,
  streamUrl: 'wss://data-stream.binance.vision',
  restUrl: 'https://data-api.binance.vision',
  simulationSeed: 1,
  replayDir: null,
  replaySpeed: 1,
  analysisUrl: null,
  analysesAtOnce: 4,
  analysesWaitingMax: 100,
  analysisTimeoutMs: 30_000,
  analysesPerMinute: 0,
  dataDir: 'data',
  databaseUrl: null,
  machineId: null,
  outboxMib: 256,
  synchronous: 'full',
  logLevel: 'info',
};

function parsed(argv: string[], env: Record<string, string | undefined> = {}): Config {
  const config = parseConfig(argv, env);
  if ('help' in config) throw new Error('Expected a configuration, got the help');
  return config;
}

function refused(argv: string[], env: Record<string, string | undefined> = {}): string {
  try {
    parseConfig(argv, env);
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'config_invalid') return error.message;
    throw error;
  }
  throw new Error(`Expected ${JSON.stringify(argv)} to be refused, got a configuration`);
}

test('parseConfig() answers the defaults, frozen, where nothing is given', t => {
  const config = parsed([]);
  const {workerCount, ...others} = config;
  t.deepEqual(others, DEFAULTS);
  t.true(workerCount >= 1 && workerCount <= 8);
  t.true(Object.isFrozen(config));
});

test('defaultWorkerCount() leaves a processor to the main thread, from 1 to 8', t => {
  t.deepEqual([1, 2, 3, 8, 9, 10, 128].map(defaultWorkerCount), [1, 1, 2, 7, 8, 8, 8]);
});

const EVERY_FLAG: Config = {
  port: 0,
  host: '127.0.0.1',
  livePage: 'off',
  metricsToken: 'a-._~+/9==',
  workerCount: 64,
  screeningIntervalMs: 100,
  tradersFile: 'my traders.json',
  taskTimeoutMs: 10,
  workerHeapMib: 32,
  feed: 'binance',
  symbolCount: 400,
  quoteAsset: 'FDUSD',
  intervals: ['1m', '4h'],
  historyCandles: 1_440,
  streamUrl: 'ws://127.0.0.1:8080/mirror',
  restUrl: 'http://127.0.0.1:8080',
  simulationSeed: 4_294_967_295,
  replayDir: '../candles',
  replaySpeed: 'max',
  analysisUrl: 'https://analyst.example/v1?model=a',
  analysesAtOnce: 64,
  analysesWaitingMax: 10_000,
  analysisTimeoutMs: 600_000,
  analysesPerMinute: 10_000,
  dataDir: '../state',
  databaseUrl: 'postgres://user:secret@host:5432/db?sslmode=require',
  machineId: 'machine-1.a_b',
  outboxMib: 65_536,
  synchronous: 'normal',
  logLevel: 'silent',
};

test('parseConfig() takes every option as --flag value and as --flag=value', t => {
  // A replay refuses the flags of a market, so it has a line of its own below.
  const live = CONFIG_KEYS.filter(key => key !== 'replayDir' && key !== 'replaySpeed');
  const pairs = live.map(key => [`--${CONFIG_OPTIONS[key].flag}`, `${EVERY_FLAG[key]}`]);
  const expected = {...EVERY_FLAG, replayDir: null, replaySpeed: 1};
  t.deepEqual(parsed(pairs.flat()), expected);
  t.deepEqual(parsed(pairs.map(pair => pair.join('='))), expected);
  const replayed = parsed(['--replay', '../candles', '--speed=max']);
  t.deepEqual([replayed.replayDir, replayed.replaySpeed], ['../candles', 'max']);
});

test('parseConfig() refuses beside a replay the flags of a market, and bears their variables', t => {
  const flags = [
    '--feed=binance',
    '--symbols=3',
    '--quote-asset=EUR',
    '--intervals=1m',
    '--seed=2',
  ];
  for (const flag of flags) {
    const [name] = flag.split('=');
    const message = `Expected ${name} without --replay, which it says nothing to`;
    t.is(refused(['--replay=d', flag]), message);
  }
  t.is(parsed(['--replay=d'], {SYMBOL_COUNT: '3', FEED: 'binance'}).symbolCount, 3);
});

test('parseConfig() refuses user and password in the URLs of an exchange, and shows neither', t => {
  for (const flag of ['--stream-url=wss', '--rest-url=https']) {
    const message = refused(['--feed=binance', `${flag}://user:secret@host/`]);
    t.regex(message, /and without user and password, got something else$/);
  }
});

test('parseConfig() takes every option from its environment variable', t => {
  const pairs = CONFIG_KEYS.map(key => [CONFIG_OPTIONS[key].variable, `${EVERY_FLAG[key]}`]);
  t.deepEqual(parsed([], Object.fromEntries(pairs)), EVERY_FLAG);
});

test('parseConfig() prefers a flag to its variable and does not look at that one', t => {
  t.is(parsed(['--port', '1'], {METRICS_PORT: 'abc'}).port, 1);
});

test('parseConfig() takes an empty variable as unset', t => {
  const {workerCount, ...others} = parsed([], {
    METRICS_PORT: '',
    TRADERS_FILE: '',
    REPLAY_SPEED: '',
  });
  t.deepEqual(others, DEFAULTS);
  t.true(workerCount >= 1);
});

test('parseConfig() takes the last of a repeated flag', t => {
  t.is(parsed(['--port', '1', '--port=2']).port, 2);
});

test('parseConfig() names the flag or the variable, what was expected and what came', t => {
  const port = 'an integer from 0 to 65535';
  t.is(refused(['--port', 'abc']), `Expected --port to be ${port}, got "abc"`);
  t.is(refused([], {METRICS_PORT: 'abc'}), `Expected METRICS_PORT to be ${port}, got "abc"`);
  t.is(
    refused(['--screening-interval-ms=99']),
    'Expected --screening-interval-ms to be an integer from 100 to 86400000 milliseconds, got "99"',
  );
  t.is(
    refused([], {LOG_LEVEL: 'verbose'}),
    'Expected LOG_LEVEL to be one of silent, error, warn, info, debug, got "verbose"',
  );
  t.is(refused(['--workers=0']), 'Expected --workers to be an integer from 1 to 64, got "0"');
  t.is(refused(['--symbols=401']), 'Expected --symbols to be an integer from 1 to 400, got "401"');
  t.is(refused(['--host=a b']), 'Expected --host to be an IP address or a host name, got "a b"');
  t.is(refused(['--traders=']), 'Expected --traders to be the path of a JSON file, got ""');
  t.is(refused(['--replay= ']), 'Expected --replay to be the path of a folder, got " "');
});

test('parseConfig() takes Postgres URLs only, and shows none that it refuses', t => {
  const secret = 'mysql://user:secret@host/db';
  t.is(
    refused(['--database-url', secret]),
    'Expected --database-url to be a postgres:// URL, got something else',
  );
  t.is(parsed(['--database-url=postgresql://h/d']).databaseUrl, 'postgresql://h/d');
  t.regex(refused(['--machine-id', 'a b']), /^Expected --machine-id to be 1 to 128 letters/);
});

test('parseConfig() refuses numbers that are not plain decimal digits', t => {
  for (const text of [
    '',
    ' ',
    ' 80',
    '80 ',
    '1e3',
    '0x50',
    '+80',
    '-1',
    '80.0',
    '1_000',
    '٣',
    '∞',
  ]) {
    const expected = `Expected --port to be an integer from 0 to 65535, got ${JSON.stringify(text)}`;
    t.is(refused([`--port=${text}`]), expected);
  }
  t.is(
    refused(['--port', '-1']),
    'Expected --port to be an integer from 0 to 65535, got "-1"',
    'a negative number is a value, not a flag',
  );
});

test('parseConfig() takes positive decimal speeds and max', t => {
  const speed = (text: string) => parsed(['--replay=d', `--speed=${text}`]).replaySpeed;
  t.deepEqual(['1', '60', '0.5', 'max'].map(speed), [1, 60, 0.5, 'max']);
  for (const text of ['0', '0.0', '-1', '1e3', 'MAX', 'Infinity', 'NaN', '9'.repeat(400)]) {
    const message = refused(['--replay=d', `--speed=${text}`]);
    t.true(message.startsWith('Expected --speed to be a positive number or max, got "'), message);
  }
});

test('parseConfig() refuses a speed without a replay', t => {
  const rest = 'to come with --replay, got no --replay';
  t.is(refused(['--speed', '2']), `Expected --speed ${rest}`);
  t.is(refused([], {REPLAY_SPEED: '2'}), `Expected REPLAY_SPEED ${rest}`);
  t.is(parsed(['--speed', '2'], {REPLAY_DIR: 'd'}).replaySpeed, 2);
});

test('parseConfig() takes addresses and host names as --host', t => {
  for (const host of ['::', '::1', '0.0.0.0', 'localhost', 'fly-local-6pn', 'a.b-c.example']) {
    t.is(parsed(['--host', host]).host, host);
  }
  for (const host of ['256.0.0.1', '1', 'http://x', 'a..b', '[::]', 'a:80', '*']) {
    t.regex(refused([`--host=${host}`]), /^Expected --host to be an IP address or a host name/);
  }
});

test('parseConfig() refuses an unknown flag and suggests a close one', t => {
  t.is(refused(['--prot', '1']), 'Unknown flag --prot; did you mean --port? (see --help)');
  t.is(refused(['--log=info']), 'Unknown flag --log; did you mean --log-level? (see --help)');
  t.is(refused(['--logLevel']), 'Unknown flag --logLevel; did you mean --log-level? (see --help)');
  t.is(refused(['-port']), 'Unknown flag -port; did you mean --port? (see --help)');
  t.is(refused(['--hepl']), 'Unknown flag --hepl; did you mean --help? (see --help)');
  for (const flag of ['--verbose', '-x', '--x', '--__proto__', '--constructor']) {
    t.is(refused([flag]), `Unknown flag ${flag} (see --help)`);
  }
});

test('parseConfig() refuses what is no flag', t => {
  t.is(refused(['candles']), 'Expected flags only, got "candles" (see --help)');
  t.is(refused(['--port', '1', '--', '-y']), 'Expected flags only, got "-y" (see --help)');
});

test('parseConfig() refuses a flag without its value, whatever follows', t => {
  const expected = 'Expected --traders to be the path of a JSON file, got no value';
  t.is(refused(['--traders']), expected);
  t.is(refused(['--traders', '--port', '1']), expected);
  t.is(parsed(['--traders=--port']).tradersFile, '--port');
});

test('parseConfig() keeps its message on one bounded line, whatever came', t => {
  const nasty = fc.oneof(
    fc.string({unit: 'binary', maxLength: 200}),
    fc.constantFrom('a\nb', '\u2028', '\u001b[2J', `${'x'.repeat(500)}\r\n`),
  );
  fc.assert(
    fc.property(nasty, text => {
      for (const run of [
        () => refused([`--port=\n${text}`]),
        () => refused([`--\n${text}`]),
        () => refused([`\n${text}`]),
        () => refused([], {WORKERS: `\n${text}`}),
      ]) {
        const message = run();
        t.notRegex(message, /[\p{Cc}\u2028\u2029]/u);
        t.true(message.length < 500);
      }
    }),
  );
  t.is(
    refused([`--port=${'9'.repeat(61)}`]),
    `Expected --port to be an integer from 0 to 65535, got "${'9'.repeat(59)}…"`,
  );
});

test('parseConfig() answers the help for --help and -h, whatever else came', t => {
  for (const argv of [['--help'], ['-h'], ['--prot', '--help'], ['--traders', '--help']]) {
    const config = parseConfig(argv, {METRICS_PORT: 'abc'});
    t.true('help' in config && config.help.startsWith('Usage: npm start -- [flags]\n'));
  }
});

test('parseConfig() shows every row of the table in the help, within 100 columns', t => {
  const config = parseConfig(['--help'], {});
  const help = 'help' in config ? config.help : '';
  const words = help.replace(/\s+/g, ' ');
  for (const key of CONFIG_KEYS) {
    const option = CONFIG_OPTIONS[key];
    t.regex(help, new RegExp(`^ {2}--${option.flag} .* ${option.variable} `, 'm'));
    t.true(help.includes(`\n${option.group}:\n`), option.group);
    const fallback = option.fallbackText ?? option.fallback;
    const detail = `${option.description} (${option.domain.expected}; default: ${fallback})`;
    // The columns to the left of a wrapped detail are blank, so its words follow each other.
    t.true(words.includes(detail), detail);
  }
  t.regex(help, /^ {2}--help, -h /m);
  t.deepEqual(
    help.split('\n').filter(line => line.length > 100 || /\s$/.test(line)),
    [],
  );
});

test('parseConfig() takes --no-live-page for --live-page off, and never shows a token that it refuses', t => {
  t.is(parsed(['--no-live-page']).livePage, 'off');
  t.is(parsed(['--no-live-page', '--live-page', 'on']).livePage, 'on');
  t.is(parsed([], {LIVE_PAGE: 'off'}).livePage, 'off');
  t.regex(refused(['--no-port']), /^Unknown flag --no-port/);
  const token = refused([], {METRICS_TOKEN: 'my secret'});
  t.regex(token, /^Expected METRICS_TOKEN to be a bearer token: .*, got something else$/);
});
