import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {CloudTrader} from '../src/screener/trader.js';
import {type StoredTrader, StoreError} from '../src/sync/store.js';
import {TraderSource, type TraderSourceOptions} from '../src/trader-source.js';
import {sampleKey} from './support/exposition.js';
import {fillStore, startMachine} from './support/machine.js';
import {temporaryFolder} from './support/temporary-folder.js';

const FILTER = {code: 'return true;'};

const BUILT_IN: CloudTrader = {id: 'built-in', name: 'Built-in', enabled: true, filter: FILTER};

/** A trader as a table has it. */
function stored(id: string, more: Partial<StoredTrader> = {}): StoredTrader {
  return {id, name: id.toUpperCase(), enabled: true, filter: FILTER, ...more};
}

/** A table that holds what the test puts there, or fails with what it says. */
class Table {
  traders: StoredTrader[] = [];
  failure: Error | undefined;

  async readTraders(): Promise<StoredTrader[]> {
    if (this.failure !== undefined) throw this.failure;
    return structuredClone(this.traders);
  }

  async replaceTraders(traders: readonly StoredTrader[]): Promise<void> {
    this.traders = structuredClone([...traders]);
  }
}

function startSource(options: Partial<TraderSourceOptions> = {}) {
  const table = new Table();
  const lines: string[] = [];
  const changes: string[][] = [];
  const source = new TraderSource({
    file: null,
    store: table,
    builtIn: [BUILT_IN],
    onTrouble: line => lines.push(line),
    onChange: traders => changes.push(traders.map(({id}) => id)),
    ...options,
  });
  const names = () => source.current.map(({name}) => name);
  return {source, table, lines, changes, names};
}

function tradersFile(t: ExecutionContext) {
  const file = join(temporaryFolder(t), 'traders.json');
  const write = (content: unknown) =>
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return {file, write};
}

test('refresh() takes up what the file and the table hold now; the file goes before the table', async t => {
  const {file, write} = tradersFile(t);
  write([{id: 'a', name: 'A', filter: FILTER}]);
  const {source, table, names, changes} = startSource({file});
  await source.open();
  t.deepEqual(names(), ['A']);
  const first = source.current;
  await source.refresh();
  t.is(source.current, first);
  table.traders = [stored('a', {name: 'Of the table'}), stored('b')];
  await source.refresh();
  t.deepEqual(names(), ['A', 'B']);
  write([{id: 'a', name: 'Renamed', filter: FILTER}]);
  table.traders = [stored('b', {enabled: false})];
  await source.refresh();
  t.deepEqual(names(), ['Renamed', 'B']);
  t.false(source.current[1]?.enabled);
  write([]);
  await source.refresh();
  t.deepEqual(changes.at(-1), ['b']);
  t.is(changes.length, 4);
});

test('refresh() takes the built-in traders where there are no others, and only then', async t => {
  const {source, table, names} = startSource();
  await source.open();
  await source.refresh();
  t.deepEqual(names(), ['Built-in']);
  table.traders = [stored('b')];
  await source.refresh();
  t.deepEqual(names(), ['B']);
  table.traders = [];
  await source.refresh();
  t.deepEqual(names(), ['Built-in']);
});

test('refresh() keeps the last good traders of a file that is broken or gone, and says so once', async t => {
  const {file, write} = tradersFile(t);
  write([{id: 'a', name: 'A', filter: FILTER}]);
  const {source, table, lines, names} = startSource({file});
  await source.open();
  write('[{]');
  for (let i = 0; i < 3; i++) await source.refresh();
  t.deepEqual(names(), ['A']);
  t.is(lines.length, 1);
  t.regex(
    lines[0] ?? '',
    /^The file's traders stay as they were: .*expected JSON, got "]".* \[traders_invalid\]$/,
  );
  // The table goes on meanwhile.
  table.traders = [stored('b')];
  await source.refresh();
  t.deepEqual(names(), ['A', 'B']);
  rmSync(file);
  for (let i = 0; i < 3; i++) await source.refresh();
  t.is(lines.length, 2);
  t.regex(lines[1] ?? '', /no such file/);
  t.deepEqual(names(), ['A', 'B']);
  write([{id: 'c', name: 'C', filter: FILTER}]);
  await source.refresh();
  t.deepEqual(names(), ['C', 'B']);
});

test('refresh() tells a trouble again that was over in between', async t => {
  const {file, write} = tradersFile(t);
  write([{id: 'a', name: 'A', filter: FILTER}]);
  const {source, table, lines} = startSource({file});
  await source.open();
  for (let i = 0; i < 2; i++) {
    write('[{]');
    await source.refresh();
    write([{id: 'a', name: `A ${i}`, filter: FILTER}]);
    await source.refresh();
  }
  t.is(lines.length, 2);
  for (let i = 0; i < 2; i++) {
    table.failure = new StoreError('database_unreachable', 'gone');
    await source.refresh();
    await source.refresh();
    table.failure = undefined;
    await source.refresh();
  }
  t.is(lines.length, 4);
});

test('refresh() takes the good rows of a table beside a wrong one, which it tells once by its id', async t => {
  const {source, table, lines, names} = startSource();
  await source.open();
  table.traders = [stored('a'), stored('b', {filter: 'no filter'}), stored('c')];
  await source.refresh();
  await source.refresh();
  t.deepEqual(names(), ['A', 'C']);
  t.is(source.lack, undefined);
  t.deepEqual(lines, [
    'Trader "b" of the table is not screened: filter: expected an object, got "no filter" [traders_invalid]',
  ]);
  table.traders = [stored('a'), stored('b', {filter: 'no filter'})];
  await source.refresh();
  t.is(lines.length, 1);
});

test('refresh() screens nobody where no row of the table is valid: the built-in traders were not meant', async t => {
  const {source, table, names} = startSource();
  await source.open();
  table.traders = [stored('b', {filter: {code: ''}})];
  await source.refresh();
  t.deepEqual(names(), []);
  t.is(source.lack, 'no row of the table of traders is valid');
  table.traders = [];
  await source.refresh();
  t.deepEqual(names(), ['Built-in']);
  t.is(source.lack, undefined);
});

test('refresh() refuses a table of too many rows as a whole, and nothing is said once it is closed', async t => {
  const {source, table, lines, names} = startSource();
  await source.open();
  table.traders = [stored('a')];
  await source.refresh();
  table.traders = Array.from({length: 1_001}, (_, i) => stored(`t${i}`));
  await source.refresh();
  t.deepEqual(names(), ['A']);
  t.regex(
    lines[0] ?? '',
    /^The table's traders stay as they were: .* at most 1000 traders, got 1001/,
  );
  source.close();
  table.failure = new StoreError('database_unreachable', 'write CONNECTION_DESTROYED');
  await source.refresh();
  t.is(lines.length, 1);
});

test('refresh() keeps the trader of a row that turns wrong as it was, until the row is mended', async t => {
  const {source, table, lines, names} = startSource();
  await source.open();
  table.traders = [stored('a')];
  await source.refresh();
  table.traders = [stored('a', {filter: 'no filter'})];
  await source.refresh();
  await source.refresh();
  t.deepEqual(names(), ['A']);
  t.is(lines.length, 1);
  t.regex(lines[0] ?? '', /^Trader "a" of the table stays as it was: filter: expected an object/);
  table.traders = [stored('a'), stored('b')];
  await source.refresh();
  t.deepEqual(names(), ['A', 'B']);
});

test('open() screens what the table held last where its server is away, and no built-in traders', async t => {
  const cache = new Table();
  const first = startSource({cache});
  first.table.failure = new StoreError('database_unreachable', 'gone');
  await first.source.open();
  await first.source.refresh();
  t.deepEqual(first.names(), []);
  t.is(first.source.lack, 'no trader is known until the database answers');
  t.deepEqual(first.lines, [
    'No trader is screened until the database answers [database_unreachable]',
  ]);
  first.table.failure = undefined;
  first.table.traders = [stored('a')];
  await first.source.refresh();
  t.deepEqual(first.names(), ['A']);
  const second = startSource({cache});
  second.table.failure = new StoreError('database_unreachable', 'gone');
  await second.source.open();
  await second.source.refresh();
  t.deepEqual(second.names(), ['A']);
  t.is(second.lines.length, 1);
});

test('a trader that is added, changed, disabled, renamed or gone is so in screening and in the metrics', async t => {
  const {source, table} = startSource();
  const {screen, store, samples} = await startMachine(t, 1);
  fillStore(store, ['AUSDT', 'BUSDT']);
  const round = async (traders: StoredTrader[]) => {
    table.traders = traders;
    await source.refresh();
    return screen(source.current);
  };
  const screenings = (id: string, name: string) =>
    samples().get(sampleKey('trader_screenings_total', {trader_id: id, trader_name: name}));
  t.is((await round([stored('a')])).get('a')?.matches.length, 2);
  t.is(screenings('a', 'A'), 1);
  const added = await round([stored('a'), stored('b', {filter: {code: 'return false;'}})]);
  t.is(added.get('b')?.matches.length, 0);
  const changed = await round([stored('a'), stored('b')]);
  t.is(changed.get('b')?.matches.length, 2);
  t.is(screenings('b', 'B'), 2);
  const renamed = await round([stored('a', {enabled: false}), stored('b', {name: 'New'})]);
  // Its matches are the same trader's: they go on.
  t.is(renamed.get('b')?.continuingMatches, 2);
  t.false(renamed.get('a')?.enabled ?? false);
  t.is(screenings('b', 'B'), undefined);
  t.is(screenings('b', 'New'), 1);
  // A disabled one's series stay, and go on once it is enabled again.
  t.is(screenings('a', 'A'), 3);
  await round([stored('a'), stored('b', {name: 'New'})]);
  t.is(screenings('a', 'A'), 4);
  await round([stored('b', {name: 'New'})]);
  t.is(screenings('a', 'A'), undefined);
  t.is(screenings('b', 'New'), 3);
});
