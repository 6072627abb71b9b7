import test from 'ava';
import {Backlog} from '../../src/http/backlog.js';

test('isFull turns true at the limit, and false when enough is released', t => {
  const backlog = new Backlog(10);
  const releaseSix = backlog.add(6);
  t.false(backlog.isFull);
  const releaseFour = backlog.add(4);
  t.true(backlog.isFull);
  releaseFour();
  t.false(backlog.isFull);
  releaseSix();
});

test('add() returns a release that counts once', t => {
  const backlog = new Backlog(10);
  const release = backlog.add(10);
  backlog.add(10);
  release();
  release();
  t.true(backlog.isFull);
});

test('drained() resolves at once when nothing is on its way', async t => {
  await t.notThrowsAsync(new Backlog().drained());
});

test('drained() waits for the last answer, even for one without bytes', async t => {
  const backlog = new Backlog();
  const events: string[] = [];
  const releases = [backlog.add(5), backlog.add(0)];
  const drained = backlog.drained().then(() => events.push('drained'));
  for (const release of releases) {
    await Promise.resolve();
    events.push('release');
    release();
  }
  await drained;
  t.deepEqual(events, ['release', 'release', 'drained']);
});
