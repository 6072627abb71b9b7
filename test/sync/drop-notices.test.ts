import test from 'ava';
import {DROP_NOTICE_INTERVAL_MS, DropNotices} from '../../src/sync/drop-notices.js';

function startNotices() {
  const lines: string[] = [];
  const waits: {ms: number; end: () => void}[] = [];
  const clock = {
    now: () => 0,
    wait: (ms: number, signal: AbortSignal) =>
      new Promise<void>(end => {
        waits.push({ms, end});
        signal.addEventListener('abort', () => end());
      }),
  };
  const texts = {outbox_full: 'no room', memory_full: 'no file'};
  const notices = new DropNotices({clock, texts, onTrouble: line => lines.push(line)});
  /** Ends the wait that runs. */
  const elapse = async () => {
    const wait = waits.pop();
    wait?.end();
    await Promise.resolve();
    return wait?.ms;
  };
  return {notices, lines, elapse, waits};
}

test('add() tells the first at once, and what follows within the interval in one line', async t => {
  const {notices, lines, elapse, waits} = startNotices();
  notices.add('outbox_full', 1);
  t.deepEqual(lines, ['1 signal or analysis was refused: no room [outbox_full]']);
  for (let i = 0; i < 500; i++) notices.add('outbox_full', 2);
  notices.add('memory_full', 3);
  t.is(lines.length, 1);
  t.is(await elapse(), DROP_NOTICE_INTERVAL_MS);
  t.deepEqual(lines.slice(1), [
    '1000 signals or analyses were refused: no room [outbox_full]',
    '3 signals or analyses were refused: no file [memory_full]',
  ]);
  await elapse();
  t.is(waits.length, 0);
  notices.add('memory_full', 1);
  t.is(lines.length, 4);
});

test('close() tells what was not told yet, and nothing afterwards', async t => {
  const {notices, lines} = startNotices();
  notices.add('outbox_full', 1);
  notices.add('outbox_full', 4);
  notices.close();
  await Promise.resolve();
  t.deepEqual(lines.slice(1), ['4 signals or analyses were refused: no room [outbox_full]']);
});
