import test from 'ava';
import {KlineStore} from '../../src/market/kline-store.js';
import {SharedKlines} from '../../src/screener/shared-klines.js';
import {SnapshotCutter} from '../../src/signals/snapshot-cutter.js';
import {fillStore} from '../support/machine.js';

test('cut() keeps the candles of the series asked for, the open one too, and no others', t => {
  const store = new KlineStore();
  const cutter = new SnapshotCutter();
  fillStore(store, ['AUSDT', 'BUSDT'], 3);
  store.record('BUSDT', '15m', [0, '1', '1', '1', '1', '1', 899_999, '0', 1, '0', '0', '0'], false);
  const check = () => {
    const whole = new SharedKlines();
    const snapshot = store.snapshot();
    whole.open(snapshot);
    const part = new SharedKlines();
    part.open(cutter.cut(snapshot, 'BUSDT', ['15m', '5m', '15m', '1d']));
    t.deepEqual(part.candles('BUSDT', '5m'), whole.candles('BUSDT', '5m'));
    t.deepEqual(part.candles('BUSDT', '15m'), whole.candles('BUSDT', '15m'));
    t.is(part.candles('BUSDT', '15m')?.length, 1);
    t.is(part.candles('BUSDT', '1d'), undefined);
    t.is(part.candles('AUSDT', '5m'), undefined);
  };
  check();
  // A series that leaves moves those behind it.
  store.removeSymbol('AUSDT');
  check();
  const none = cutter.cut(store.snapshot(), 'AUSDT', ['5m']);
  t.deepEqual([none.segments.length, none.moment.byteLength], [0, 0]);
});
