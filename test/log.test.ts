import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {text} from 'node:stream/consumers';
import test, {type ExecutionContext} from 'ava';
import {createLog, LOG_LEVELS, type LogLevel, oneLine, quoteValue} from '../src/log.js';

interface Written {
  readonly lines: string[];
  readonly destination: {write(text: string): void; isTTY: boolean; hasColors?: () => boolean};
}

/** Collects what is written, the time of day taken off. */
function written(isTTY = false): Written {
  const lines: string[] = [];
  return {lines, destination: {isTTY, write: text => lines.push(text.replace(/^\S+ /, ''))}};
}

function writeEach(level: LogLevel): string[] {
  const {lines, destination} = written();
  const log = createLog(level, destination);
  log.error('e');
  log.warn('w');
  log.info('i');
  log.debug('d');
  return lines;
}

test('createLog() writes the time of day, the message and the fields on one line', t => {
  const lines: string[] = [];
  const log = createLog('info', {write: text => lines.push(text)});
  log.info('listening', {port: 9091, url: 'http://[::]:9091/metrics', note: 'two words'});
  t.is(lines.length, 1);
  t.regex(
    lines[0]!,
    /^\d\d:\d\d:\d\d listening port=9091 url=http:\/\/\[::\]:9091\/metrics note="two words"\n$/,
  );
});

test('createLog() writes its level and those before it, and nothing where silent', t => {
  const all = ['ERROR e\n', 'WARN w\n', 'i\n', 'd\n'];
  for (const [count, level] of LOG_LEVELS.entries()) {
    t.deepEqual(writeEach(level), all.slice(0, count), level);
  }
});

test('createLog() shows an error as message and code, without its stack', t => {
  const {lines, destination} = written();
  const error = Object.assign(new Error('listen\nfailed'), {code: 'EADDRINUSE'});
  createLog('info', destination).error('no server', {error, other: new Error('plain')});
  t.deepEqual(lines, ['ERROR no server error="listen\\nfailed (EADDRINUSE)" other=plain\n']);
});

test('createLog() adds the stack of an error at level debug', t => {
  const {lines, destination} = written();
  createLog('debug', destination).warn('odd', {error: new TypeError('plain')});
  t.regex(lines[0]!, /^WARN odd error=plain\n {4}TypeError: plain\n {4}at /);
});

test('createLog() keeps control characters from breaking or painting its line', t => {
  const {lines, destination} = written();
  const log = createLog('info', destination);
  log.info('a\nb\u001b[31m', {'k\n': 'v\n', deep: {x: '\u2028'}});
  t.deepEqual(lines, ['a\\nb\\u001b[31m k\\n="v\\n" deep={"x":"\\u2028"}\n']);
});

test('createLog() takes any fields without throwing or losing its own', t => {
  const {lines, destination} = written();
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const log = createLog('info', destination);
  log.info('100 %s %%', {time: 2, level: 1, msg: 3, n: Number.NaN, none: null, gone: undefined});
  log.info('odd', {big: 10n, circle});
  const toJSON = () => {
    throw new Error('no');
  };
  log.info('odder', {bad: {toJSON}});
  t.is(lines[0], '100 %s %% time=2 level=1 msg=3 n=NaN none=null\n');
  t.is(lines[1], 'odd big=10 circle={"self":"[Circular]"}\n');
  t.regex(lines[2]!, /^odder .*unable to serialize.*\n$/);
});

/** Starts a program that has a `log`, with its stdout in a pipe. */
function startLogging(t: ExecutionContext, program: string) {
  const module = JSON.stringify(new URL('../src/log.js', import.meta.url));
  const source = `import {createLog} from ${module}; const log = createLog('info'); ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

test('createLog() loses no line to process.exit() behind a full pipe', async t => {
  const program = "for (let i = 1; i <= 20_000; i++) log.info('line ' + i); process.exit(0);";
  const output = await text(startLogging(t, program).stdout);
  t.is(output.split('\n').length, 20_001);
  t.true(output.endsWith(' line 20000\n'));
});

test('createLog() lets the program go on when its reader has gone', async t => {
  const program = `
    log.info('first');
    process.stdin.resume().on('end', () => {
      for (let i = 0; i < 10; i++) log.info('unread');
      process.exit(7);
    });`;
  const child = startLogging(t, program);
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  await once(child.stdout, 'close');
  child.stdin.end();
  t.deepEqual(await exit, [7, null]);
});

test('createLog() colours on a terminal that has colours, and nowhere else', t => {
  const escapes = (isTTY: boolean, hasColors?: () => boolean) => {
    const {lines, destination} = written(isTTY);
    const log = createLog('info', hasColors ? {...destination, hasColors} : destination);
    log.warn('w', {a: 1});
    return lines[0]!.includes('\u001b[');
  };
  t.true(escapes(true));
  t.true(escapes(true, () => true));
  t.false(escapes(true, () => false));
  t.false(escapes(false, () => true));
});

test('quoteValue() shows any value in one line, strings cut at 60 characters', t => {
  t.is(quoteValue('a"\n\u0085'), '"a\\"\\n\\u0085"');
  t.is(quoteValue('x'.repeat(60)), `"${'x'.repeat(60)}"`);
  t.is(quoteValue('x'.repeat(61)), `"${'x'.repeat(59)}…"`);
  t.deepEqual([undefined, null, 5, true, [1], {a: 1}].map(quoteValue), [
    'undefined',
    'null',
    '5',
    'true',
    'a list of 1',
    'an object',
  ]);
});

test('oneLine() escapes what would end or repaint a line, and leaves the rest', t => {
  t.is(oneLine('é\t\r\n\0\u2029\\'), 'é\\t\\r\\n\\u0000\\u2029\\');
});
