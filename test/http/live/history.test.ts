import test from 'ava';
import fc from 'fast-check';
import {LiveHistory} from '../../../src/http/live/history.js';
import {HISTORY_POINTS} from '../../../src/http/live/protocol.js';

const {NaN: none} = Number;

test('record() keeps the value of a level and the increase of a total', t => {
  const history = new LiveHistory();
  const level = history.add({id: 1, kind: 'level', value: 5, base: 0});
  const total = history.add({id: 2, kind: 'total', value: 7, base: 4});
  history.record(100);
  level.value = 2;
  total.value = 8;
  history.record(101);
  t.deepEqual([...history.pointsOf(level)], [5, 2]);
  t.deepEqual([...history.pointsOf(total)], [3, 1]);
  total.value = 10;
  t.is(history.sumOf(total), 6);
});

test('record() does nothing twice, and adds nothing where a total fell by rounding', t => {
  const history = new LiveHistory();
  const total = history.add({id: 1, kind: 'total', value: 9, base: 9});
  history.record(50);
  history.record(50);
  history.record(49);
  total.value = 8.999999999;
  history.record(51);
  t.deepEqual([...history.pointsOf(total)], [0, 0]);
  t.is(history.point, 51);
});

test('record() leaves gaps where points were not recorded, an hour at most', t => {
  const history = new LiveHistory();
  const level = history.add({id: 1, kind: 'level', value: 1, base: 0});
  history.record(10);
  history.record(13);
  t.deepEqual([...history.pointsOf(level)], [1, none, none, 1]);
  history.record(13 + 5 * HISTORY_POINTS);
  const points = [...history.pointsOf(level)];
  t.is(points.length, HISTORY_POINTS);
  t.deepEqual([points.filter(Number.isNaN).length, points.at(-1)], [HISTORY_POINTS - 1, 1]);
});

test('record() forgets what is older than an hour', t => {
  const history = new LiveHistory();
  const level = history.add({id: 1, kind: 'level', value: 0, base: 0});
  for (let point = 0; point < HISTORY_POINTS + 3; point++) {
    level.value = point;
    history.record(point);
  }
  const points = history.pointsOf(level);
  t.deepEqual([points.length, points[0], points.at(-1)], [HISTORY_POINTS, 3, HISTORY_POINTS + 2]);
});

test('load() of a dump() and the same changes make the same history', t => {
  const change = fc.record({
    step: fc.integer({min: 0, max: 900}),
    values: fc.tuple(fc.nat(1_000), fc.nat(1_000)),
  });
  fc.assert(
    fc.property(fc.array(change), fc.array(change), (before, after) => {
      const server = new LiveHistory();
      const kinds = ['level', 'total'] as const;
      for (const [id, kind] of kinds.entries()) server.add({id, kind, value: 0, base: 0});
      let point = 1_000;
      const apply = (history: LiveHistory, {values}: {values: readonly number[]}) => {
        for (const [id, value] of values.entries()) history.tracks.get(id)!.value = value;
        history.record(point);
      };
      server.record(point);
      for (const one of before) {
        point += one.step;
        apply(server, one);
      }
      const page = new LiveHistory();
      for (const {id, kind, value, base} of server.tracks.values()) {
        page.add({id, kind, value, base});
      }
      const {point: last, pointCount} = server;
      const bases = [0, 1].map(id => server.tracks.get(id)!.base);
      page.load({ids: [0, 1], bases, point: last, pointCount}, server.dump([0, 1]));
      for (const one of after) {
        point += one.step;
        apply(server, one);
        apply(page, one);
      }
      t.deepEqual(page.dump([0, 1]), server.dump([0, 1]));
      const total = server.tracks.get(1)!;
      t.is(page.sumOf(page.tracks.get(1)!), server.sumOf(total));
    }),
  );
});
