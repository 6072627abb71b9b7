import {readFileSync} from 'node:fs';
import {gunzipSync} from 'node:zlib';
import test from 'ava';
import {decodeFrame, type Frame, type KlineUpdate} from '../../../src/market/binance/frame.js';
import {KlineStore} from '../../../src/market/kline-store.js';
import {recordingPath, testWithRecordings} from '../../support/recordings.js';

function linesOf(name: string): string[] {
  const path = recordingPath('market-data', 'ws', name);
  return gunzipSync(readFileSync(path)).toString().split('\n').filter(Boolean);
}

/** The exact frames of a raw recording. */
function rawFrames(name: string): string[] {
  const lines = linesOf(`${name}.raw.txt.gz`).slice(1);
  return lines.flatMap(line => /^[\d.]+: (.*)$/.exec(line)?.[1] ?? []);
}

/** How many frames of each kind; klines by whether the store takes them. */
function countKinds(frames: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const add = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const store = new KlineStore();
  for (const frame of frames.map(decodeFrame)) {
    if (frame.kind === 'tickers') {
      for (const _ of frame.updates) add('tickerUpdates');
      for (const _ of frame.malformed) add('tickerMalformed');
    }
    add(frame.kind === 'kline' ? `kline ${recorded(store, frame)}` : `${frame.kind} ${frame.type}`);
  }
  return counts;
}

function recorded(store: KlineStore, {symbol, interval, kline, closed}: KlineUpdate): string {
  return store.record(symbol, interval, kline, closed).result;
}

testWithRecordings('decodeFrame() reads every frame of 91 s of a spot stream', t => {
  const frames = rawFrames('cryptofeed-spot-2021-04-04-btc-eth-dot-usdt');
  t.deepEqual(countKinds(frames), {
    'other other': 2_688 + 1_910,
    'kline opened': 6,
    'kline updated': 109,
    'kline appended': 3,
  });
});

testWithRecordings('decodeFrame() reads candles that closed without a trade', t => {
  const frames = rawFrames('cryptofeed-binancetr-2023-04-10');
  t.deepEqual(countKinds(frames), {'other other': 131, 'kline appended': 4, 'kline opened': 4});
  const closed = frames
    .map(decodeFrame)
    .filter((frame): frame is KlineUpdate => frame.kind === 'kline' && frame.closed);
  t.true(closed.some(({kline}) => kline[8] === 0));
});

testWithRecordings('decodeFrame() reads every frame of a mixed stream', t => {
  const frames = rawFrames('cryptofeed-spot-2021-04-17-mixed');
  t.deepEqual(countKinds(frames), {'other other': 1_208, 'kline opened': 6, 'kline updated': 14});
});

testWithRecordings('decodeFrame() reads every single frame, those of other markets too', t => {
  const frames = linesOf('frames.ndjson.gz').map(line => JSON.parse(line).raw as string);
  t.is(frames.length, 382);
  t.deepEqual(countKinds(frames), {
    'kline opened': 43,
    'kline updated': 285,
    'kline appended': 14,
    // Two markets have a BTCUSDT.
    'kline late': 1,
    // Of an interval that the machine doesn't know, 1M.
    'other kline': 1,
    'other other': 17,
    'tickers ticker': 21,
    tickerUpdates: 228,
  });
});

const KLINE = {
  e: 'kline',
  E: 1_672_515_782_136,
  s: 'BNBBTC',
  k: {
    t: 1_672_515_780_000,
    T: 1_672_515_839_999,
    s: 'BNBBTC',
    i: '1m',
    o: '0.0010',
    c: '0.0020',
    h: '0.0025',
    l: '0.0015',
    v: '1000',
    n: 100,
    x: false,
    q: '1.0000',
    V: '500',
    Q: '0.500',
    B: '123456',
  },
};

test('decodeFrame() takes a frame bare and wrapped for the same', t => {
  const bare = decodeFrame(JSON.stringify(KLINE));
  t.is(bare.kind, 'kline');
  t.deepEqual(decodeFrame(JSON.stringify({stream: 'bnbbtc@kline_1m', data: KLINE})), bare);
});

const kinds: [text: string, expected: Partial<Frame>][] = [
  ['{"result":null,"id":1}', {kind: 'reply', id: 1, error: undefined}],
  [
    '{"code":2,"msg":"Invalid request","id":7}',
    {kind: 'reply', id: 7, error: 'Invalid request (2)'},
  ],
  [
    '{"error":{"code":2,"msg":"Invalid request"},"id":7}',
    {kind: 'reply', id: 7, error: 'Invalid request (2)'},
  ],
  ['{"e":"serverShutdown","E":1770123456789}', {kind: 'shutdown', type: 'control'}],
  [
    '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
    {kind: 'shutdown', type: 'control'},
  ],
  ['{"e":"blockTrade","s":"BTCUSDT"}', {kind: 'other', type: 'other'}],
  ['{"stream":"btcusdt@kline_1m"}', {kind: 'malformed', symbol: undefined}],
  ['{"e":"kline","s":"BTCUSDT","E":1}', {kind: 'malformed', type: 'kline', symbol: 'BTCUSDT'}],
  ['{"e":"kline","s":5,"E":1}', {kind: 'malformed', type: 'kline', symbol: undefined}],
  ['[]', {kind: 'other', type: 'other'}],
  ['', {kind: 'malformed', type: 'other', symbol: undefined}],
  ['null', {kind: 'malformed', type: 'other', symbol: undefined}],
  ['[1]', {kind: 'malformed', type: 'other', symbol: undefined}],
];

for (const [text, expected] of kinds) {
  test(`decodeFrame() makes ${expected.kind} of ${text || 'nothing'}`, t => {
    t.like(decodeFrame(text), expected as Record<string, unknown>);
  });
}
