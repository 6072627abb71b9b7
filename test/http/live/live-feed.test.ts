import test from 'ava';
import {type FeedSocket, SOCKET_BYTES_MAX} from '../../../src/http/live/feed-socket.js';
import {LiveHistory} from '../../../src/http/live/history.js';
import {LiveFeed, SKIPPED_FRAMES_MAX, UNTAKEN_BYTES_MAX} from '../../../src/http/live/live-feed.js';
import {PANELS} from '../../../src/http/live/panels.js';
import {type FeedMessage, fromWire, type HistoryMessage} from '../../../src/http/live/protocol.js';
import {bindCatalogue, MetricsHub} from '../../../src/index.js';

/** Labels of missing candles. */
type Gap = {readonly symbol: string; readonly interval: string};

/** A socket in this thread that holds back as much as it is told. */
class HeldSocket implements FeedSocket {
  readonly messages: (FeedMessage | Float32Array)[] = [];
  heldBytes = 0;
  isCut = false;

  send(data: string | Uint8Array): void {
    if (typeof data === 'string') this.messages.push(JSON.parse(data));
    else this.messages.push(new Float32Array(data.slice().buffer));
  }

  bufferedBytes(): number {
    return this.heldBytes;
  }

  cut(): void {
    this.isCut = true;
  }
}

function started() {
  const hub = new MetricsHub();
  const metrics = bindCatalogue(hub.recorder);
  const clock = {nowMs: 10_000, epochMs: 1_700_000_000_000};
  const warnings: string[] = [];
  const feed = new LiveFeed({
    readTotals: read => hub.readTotals(read),
    panels: PANELS,
    metrics,
    now: () => clock.nowMs,
    epochMs: () => clock.epochMs,
    onWarning: line => warnings.push(line),
  });
  const tick = (ms = 1_000) => {
    clock.nowMs += ms;
    clock.epochMs += ms;
    return feed.update();
  };
  const count = (family: 'hub_live_frames_skipped_total' | 'hub_live_rejections_total') =>
    hub.readTotals(({families, values}) =>
      [...families.get(family)!.series.values()].reduce((sum, {first}) => sum + values[first]!, 0),
    );
  return {hub, clock, metrics, feed, tick, count, warnings};
}

/** What a page makes of the messages. */
function replay(messages: readonly (FeedMessage | Float32Array)[]): LiveHistory {
  const history = new LiveHistory();
  let announced: HistoryMessage | undefined;
  for (const message of messages) {
    if (message instanceof Float32Array) history.load(announced!, message);
    else if (message.type === 'history') announced = message;
    else if (message.type === 'frame') {
      for (let i = 0; i < message.set.length; i += 2) {
        history.tracks.get(message.set[i]!)!.value = fromWire(message.set[i + 1]);
      }
      history.record(message.point);
    } else {
      for (const {id, value} of message.tracks) {
        const known = history.tracks.get(id);
        if (known !== undefined) known.value = fromWire(value);
      }
      if (history.point >= 0) history.record(message.point);
      for (const {id, kind, value, base} of message.tracks) {
        if (history.tracks.has(id)) continue;
        history.add({id, kind, value: fromWire(value), base: fromWire(base)});
      }
    }
  }
  return history;
}

test('a page that connects late holds the same history as one that was there from the start', async t => {
  const {feed, tick, metrics} = started();
  const [early, late] = [new HeldSocket(), new HeldSocket()];
  feed.open(early);
  for (let i = 0; i < 40; i++) {
    metrics.traderSignals.inc({trader_id: `t${i >> 3}`, trader_name: `T${i >> 3}`}, i);
    metrics.screenerQueueDepth.set(i % 7);
    if (i === 21) feed.open(late);
    await tick();
  }
  const [a, b] = [replay(early.messages), replay(late.messages)];
  const ids = [...a.tracks.keys()];
  t.true(ids.length > 20);
  t.deepEqual([...b.tracks.keys()].sort(), [...ids].sort());
  t.is(a.point, b.point);
  for (const id of ids) {
    const [one, other] = [a.tracks.get(id)!, b.tracks.get(id)!];
    t.is(one.value, other.value);
    t.is(a.sumOf(one), b.sumOf(other), String(id));
    t.deepEqual(a.pointsOf(one).slice(-b.pointCount), b.pointsOf(other));
  }
});

test('a frame holds only what changed', async t => {
  const {feed, tick, metrics} = started();
  const socket = new HeldSocket();
  feed.open(socket);
  await tick();
  await tick();
  await tick();
  metrics.screenerQueueDepth.set(3);
  await tick();
  const frame = socket.messages.at(-1) as FeedMessage & {type: 'frame'};
  t.is(frame.type, 'frame');
  const changed = frame.set.filter((_, i) => i % 2 === 0);
  // The queue stands in its panel and in the table of families.
  t.is(frame.set.filter(value => value === 3).length >= 2, true);
  t.true(changed.length < 8, JSON.stringify(frame));
});

test('a page that takes nothing is skipped and counted, told all that changed later, and cut in the end', async t => {
  const {feed, tick, metrics, count} = started();
  const [slow, quick] = [new HeldSocket(), new HeldSocket()];
  feed.open(slow);
  feed.open(quick);
  await tick();
  await tick();
  const before = slow.messages.length;
  slow.heldBytes = UNTAKEN_BYTES_MAX + 1;
  metrics.screenerQueueDepth.set(41);
  await tick();
  metrics.signalsPendingAnalysis.set(42);
  await tick();
  t.is(slow.messages.length, before);
  t.is(await count('hub_live_frames_skipped_total'), 2);
  slow.heldBytes = 0;
  await tick();
  const frame = slow.messages.at(-1) as FeedMessage & {type: 'frame'};
  t.true(frame.set.includes(41) && frame.set.includes(42));
  slow.heldBytes = UNTAKEN_BYTES_MAX + 1;
  for (let i = 0; i < SKIPPED_FRAMES_MAX; i++) await tick();
  t.false(slow.isCut);
  await tick();
  t.true(slow.isCut);
  t.false(quick.isCut);
  t.is(await count('hub_live_rejections_total'), 1);
});

test('a clock that is set back changes no point', async t => {
  const {feed, tick, clock, metrics} = started();
  const socket = new HeldSocket();
  feed.open(socket);
  for (let i = 0; i < 1_200; i++) {
    if (i === 600) clock.epochMs -= 3_600_000;
    metrics.traderSignals.inc({trader_id: 'a', trader_name: 'A'}, 1);
    await tick();
  }
  const history = replay(socket.messages);
  const tracks = socket.messages.find(
    (message): message is FeedMessage & {type: 'tracks'} =>
      'type' in message &&
      message.type === 'tracks' &&
      message.tracks.some(({panel}) => panel === 'signals'),
  );
  const {id} = tracks!.tracks.find(({panel}) => panel === 'signals')!;
  const known = history.pointsOf(history.tracks.get(id)!).filter(value => !Number.isNaN(value));
  t.true(known.length > 200, `${known.length}`);
  t.true(Math.max(...known) < 20);
  t.is((socket.messages.at(-1) as FeedMessage & {type: 'frame'}).timeMs, clock.epochMs);
});

test('a series that leaves is no increase, to a page that was there and to one that comes', async t => {
  const {hub, feed, tick, metrics} = started();
  const [early, late] = [new HeldSocket(), new HeldSocket()];
  const [a, b] = ['A', 'B'].map(symbol => ({symbol, interval: '5m'})) as [Gap, Gap];
  metrics.klineMissingData.inc(a, 3);
  metrics.klineMissingData.inc(b, 1_000);
  await tick();
  feed.open(early);
  for (let i = 0; i < 7; i++) await tick();
  metrics.klineMissingData.inc(b, 4);
  await tick();
  hub.forget('kline_missing_data_total', b);
  metrics.klineMissingData.inc(a, 2);
  for (let i = 0; i < 12; i++) await tick();
  feed.open(late);
  await tick();
  const tracks = late.messages[0] as FeedMessage & {type: 'tracks'};
  const {id} = tracks.tracks.find(({name}) => name === 'candles missing')!;
  for (const socket of [early, late]) {
    const history = replay(socket.messages);
    const track = history.tracks.get(id)!;
    t.is(track.value, 5);
    // What the one counted before it left was counted all the same.
    t.is(history.sumOf(track), 6);
  }
});

test('a history that would be dropped behind long names follows when they are taken', async t => {
  const {feed, tick, metrics} = started();
  const trader = {trader_id: 'a', trader_name: 'A'};
  metrics.traderSignals.inc(trader, 3);
  await tick();
  const [early, socket] = [new HeldSocket(), new HeldSocket()];
  feed.open(early);
  socket.heldBytes = SOCKET_BYTES_MAX;
  feed.open(socket);
  await tick();
  t.is(socket.messages.length, 1);
  socket.heldBytes = 0;
  for (let i = 0; i < 10; i++) {
    metrics.traderSignals.inc(trader, 1);
    await tick();
  }
  const [one, other] = [replay(early.messages), replay(socket.messages)];
  t.is(socket.messages.filter(message => message instanceof Float32Array).length, 1);
  const ids = [...one.tracks.keys()];
  t.deepEqual(other.dump(ids), one.dump(ids));
});

test('update() warns where the source fails, and goes on', async t => {
  const {metrics} = started();
  const warnings: string[] = [];
  const feed = new LiveFeed({
    readTotals: () => Promise.reject(new Error('gone')),
    panels: PANELS,
    metrics,
    now: () => 0,
    epochMs: () => 0,
    onWarning: line => warnings.push(line),
  });
  await feed.update();
  await feed.update();
  t.deepEqual(warnings, Array(2).fill('Expected the live page to be renewed, got gone'));
});
