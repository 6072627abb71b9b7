import {join} from 'node:path';
import test from 'ava';
import Database from 'libsql';
import {FeedEvents} from '../src/feed-events.js';
import {SimulatedExchange} from '../src/market/exchange/simulated-exchange.js';
import {SimulatedMarket} from '../src/market/simulated-market.js';
import {startProgram} from './support/program.js';
import {temporaryFolder} from './support/temporary-folder.js';

test('FeedEvents tells a loss and a recovery once each, and no first connection', t => {
  const types: string[] = [];
  const events = new FeedEvents(({type, severity}) => types.push(`${type} ${severity}`));
  for (const state of ['connecting', 'reconnecting', 'connected', 'connected'] as const) {
    events.note(state);
  }
  t.deepEqual(types, []);
  for (const state of ['reconnecting', 'disconnected', 'connecting'] as const) events.note(state);
  t.deepEqual(types, ['feed_lost warning']);
  events.note('connected');
  events.note('connected');
  t.deepEqual(types, ['feed_lost warning', 'feed_recovered info']);
  events.note('disconnected');
  t.is(types.length, 3);
});

test('the machine keeps the loss of its market and the recovery as events', async t => {
  const market = new SimulatedMarket({
    symbols: 2,
    startMs: Date.now(),
    intervals: ['5m'],
    historyCandles: 20,
  });
  const exchange = new SimulatedExchange({market});
  const {streamUrl, restUrl} = await exchange.listen();
  t.teardown(() => exchange.close());
  const folder = temporaryFolder(t);
  const args = ['--port', '0', '--host', '127.0.0.1', '--workers', '1', '--intervals', '5m'];
  const feed = ['--feed', 'binance', '--stream-url', streamUrl, '--rest-url', restUrl];
  const program = startProgram(t, [...args, ...feed], {DATA_DIR: folder, SYMBOLS: '2'});
  await program.line(/Stream connected/);
  exchange.linkFaults.drop();
  await program.line(/Stream (reconnecting|disconnected)/);
  await lineAfter(program.lines, /Stream connected/, 2);
  program.kill('SIGTERM');
  t.is(await program.exited, 0);
  const reader = new Database(join(folder, 'threadtally.db'), {readonly: true});
  const types = reader
    .prepare("select event_type, severity from machine_events where event_type like 'feed%'")
    .raw()
    .all();
  reader.close();
  t.deepEqual(types.slice(0, 2), [
    ['feed_lost', 'warning'],
    ['feed_recovered', 'info'],
  ]);
});

/** Resolves when as many lines fit. */
async function lineAfter(lines: readonly string[], pattern: RegExp, count: number): Promise<void> {
  while (lines.filter(line => pattern.test(line)).length < count) {
    await new Promise(resolve => setImmediate(resolve));
  }
}
