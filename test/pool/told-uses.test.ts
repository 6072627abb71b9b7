import {EventEmitter} from 'node:events';
import test from 'ava';
import {MetricsHub} from '../../src/hub/metrics-hub.js';
import {KlineStore} from '../../src/market/kline-store.js';
import {WorkerCrew} from '../../src/pool/worker-crew.js';
import {BatchState} from '../../src/screener/batch-state.js';
import {unpackReplies} from '../../src/screener/packed-replies.js';
import {SharedLanes} from '../../src/screener/shared-lanes.js';
import {fillStore} from '../support/machine.js';

const SYMBOLS = ['AUSDT'];

const askFor = (period: number) => `return helpers.getLatestRSI(timeframes['5m'], ${period}) > 0;`;

test('a worker takes its lane, then the other one from its end, and tells once what each filter uses', async t => {
  const hub = new MetricsHub();
  const crew = new WorkerCrew({
    hub,
    workerFile: new URL('../../workers/screener.js', import.meta.url),
    count: 1,
    heapMb: 64,
    settings: {helpers: undefined, heapMb: 64, rowsCachedMax: 1_000, flushIntervalMs: 0},
    onError: error => t.fail(error.message),
  });
  t.teardown(() => crew.stop());
  const store = new KlineStore();
  fillStore(store, SYMBOLS);
  const traders = [askFor(14), askFor(14), askFor(9), 'return true;', askFor(5)].map(code => ({
    code,
    intervals: ['5m'],
  }));
  const screen = async (screening: number) => {
    const market = {
      screening,
      symbols: JSON.stringify(SYMBOLS),
      tickers: JSON.stringify([...store.tickers]),
      klines: store.snapshot(),
    };
    const batch = {
      traders: JSON.stringify(traders),
      market,
      lanes: new SharedLanes([2, 3]).memory,
      state: new BatchState().memory,
    };
    const reply = await crew.run(batch, new EventEmitter());
    return [...unpackReplies(reply, {symbols: SYMBOLS, timestamp: 0})];
  };
  const first = await screen(1);
  t.deepEqual(
    first.map(([place]) => place),
    [0, 1, 4, 3, 2],
  );
  const uses = new Map(first.map(([place, found]) => [place, found.uses]));
  const [rsi, again, other, plain] = [0, 1, 2, 3].map(place => uses.get(place));
  t.is(rsi?.length, 2);
  t.is(again, undefined, 'the same code, told already');
  t.deepEqual(plain, [rsi![0]!], 'nothing but the interval');
  t.deepEqual(
    other?.map(use => rsi!.includes(use)),
    [true, false],
  );
  const second = await screen(2);
  t.deepEqual(
    second.map(([, found]) => found.uses),
    [undefined, undefined, undefined, undefined, undefined],
  );
});
