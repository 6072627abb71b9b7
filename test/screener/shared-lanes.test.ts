import {Worker} from 'node:worker_threads';
import test from 'ava';
import {SharedLanes} from '../../src/screener/shared-lanes.js';

/** All that is left, as a worker of that lane takes it. */
function takeAll(lanes: SharedLanes, lane: number | undefined): number[] {
  const places: number[] = [];
  for (let place = lanes.take(lane); place !== undefined; place = lanes.take(lane)) {
    places.push(place);
  }
  return places;
}

test('take() gives the places of a lane in order, and then those at the end of the fullest other one', t => {
  const lanes = new SharedLanes([2, 1, 4]);
  const other = new SharedLanes(lanes.memory);
  t.deepEqual([lanes.take(0), lanes.untakenCount, other.untakenCount], [0, 6, 6]);
  t.deepEqual([lanes.take(2), lanes.take(0)], [3, 1]);
  t.deepEqual(takeAll(other, 1), [2, 6, 5, 4]);
  t.deepEqual([lanes.take(0), lanes.take(2), other.take(1)], [undefined, undefined, undefined]);
  t.deepEqual([lanes.untakenCount, other.untakenCount], [0, 0]);
});

test('take() without a lane gives what others have most of', t => {
  const lanes = new SharedLanes([1, 3]);
  t.deepEqual(takeAll(lanes, undefined), [3, 2, 0, 1]);
});

test('there may be empty lanes, or none at all', t => {
  const empty = new SharedLanes([]);
  t.deepEqual(
    [empty.untakenCount, empty.join(), empty.join(3), empty.take(0)],
    [0, undefined, undefined, undefined],
  );
  const lanes = new SharedLanes([0, 2, 0]);
  t.deepEqual([lanes.join(), lanes.join(0), takeAll(lanes, 2)], [0, 1, [2, 1].map(i => i - 1)]);
});

test('join() gives each lane to one worker, to whom it had it before if it is free', t => {
  const lanes = new SharedLanes([1, 1, 1]);
  const other = new SharedLanes(lanes.memory);
  t.deepEqual([lanes.join(2), other.join(2), other.join(7)], [2, 0, 1]);
  t.deepEqual([lanes.join(), other.join(0)], [undefined, undefined]);
});

test('take() gives no place twice, and each once, to threads that take at once', async t => {
  const sizes = [20_000, 1, 0, 30_000];
  const lanes = new SharedLanes(sizes);
  const file = new URL('../../src/screener/shared-lanes.js', import.meta.url);
  const code = `import(${JSON.stringify(file.href)}).then(({SharedLanes}) => {
    const {parentPort, workerData} = require('node:worker_threads');
    const lanes = new SharedLanes(workerData);
    const places = [];
    const lane = lanes.join();
    for (let at = lanes.take(lane); at !== undefined; at = lanes.take(lane)) places.push(at);
    parentPort.postMessage(places);
  });`;
  const all = await Promise.all(
    Array.from({length: 5}, () => {
      const worker = new Worker(code, {eval: true, workerData: lanes.memory});
      return new Promise<number[]>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  const places = all.flat().sort((a, b) => a - b);
  t.deepEqual(places, [...Array(50_001).keys()]);
  t.is(lanes.untakenCount, 0);
});
