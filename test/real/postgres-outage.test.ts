import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type postgres from 'postgres';
import {PostgresClient} from '../../src/sync/postgres-client.js';
import type {SyncClock} from '../../src/sync/wait.js';
import {type PostgresServer, startServer, testWithPostgres} from '../support/postgres.js';
import {makeSmallDisk} from '../support/small-disk.js';
import {holdsExactly, synchronise} from '../support/synchronising.js';

/** A clock that no wait takes time by; `due` runs once when it has reached the time it is set to. */
class LeapingClock implements SyncClock {
  readonly waitsMs: number[] = [];
  #nowMs = 0;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #due: () => Promise<void> = async () => {};

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, due: () => Promise<void>): void {
    this.#dueAtMs = this.#nowMs + ms;
    this.#due = due;
  }

  async wait(ms: number): Promise<void> {
    this.waitsMs.push(ms);
    this.#nowMs += ms;
    if (this.#nowMs >= this.#dueAtMs) {
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      await this.#due();
    }
    // The test has its turn, and the file's thread its answers.
    await new Promise(resolve => setImmediate(resolve));
  }
}

testWithPostgres(
  'a server that is down for a minute is asked at growing waits, and then has each signal once',
  async (t: ExecutionContext) => {
    const {server, sql} = await startServer(t);
    const clock = new LeapingClock();
    const time = {clock, random: () => 1};
    const machine = await synchronise(t, new PostgresClient({url: server.url()}), time);
    await machine.sync.start();
    await machine.record(15);
    await machine.drained();
    await server.stop();
    const errorsBefore = machine.value('sync_write_errors_total');
    const back = new Promise<void>(resolve => {
      clock.after(60_000, async () => {
        await server.start();
        resolve();
      });
    });
    await machine.record(15);
    await machine.told(/\[database_unreachable\]$/);
    await machine.record(15);
    await back;
    await machine.drained();
    const outage = clock.waitsMs.filter(ms => ms >= 500);
    t.deepEqual(outage, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
    t.is(machine.value('sync_write_errors_total') - errorsBefore, outage.length);
    t.is(machine.lines.at(-1), 'The database takes rows again');
    await holdsExactly(t, sql, machine.ids);
  },
);

/** Takes the room that the table of signals could grow by; resolves with what gives it back. */
async function fillDisk(t: ExecutionContext, server: PostgresServer, sql: postgres.Sql) {
  const disk = makeSmallDisk(t, 4);
  if (disk === undefined) {
    // No file system can be mounted here: the server says what it says of a full disk.
    await sql.unsafe(`create function fill() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$`);
    await sql.unsafe('create trigger fill before insert on signals execute function fill()');
    return async () => void (await sql.unsafe('drop trigger fill on signals'));
  }
  server.own(disk.folder);
  await sql.unsafe(`create tablespace small location '${disk.folder}'`);
  await sql.unsafe('alter table signals set tablespace small');
  const ballast = join(disk.folder, 'ballast');
  t.throws(() => writeFileSync(ballast, Buffer.alloc(8e6)), {code: 'ENOSPC'});
  return async () => rmSync(ballast);
}

testWithPostgres('a server whose disk is full is asked until there is room', async t => {
  const {server, sql} = await startServer(t);
  const machine = await synchronise(t, new PostgresClient({url: server.url()}));
  await machine.sync.start();
  await machine.record(5);
  await machine.drained();
  const makeRoom = await fillDisk(t, server, sql);
  await machine.record(400);
  await machine.told(/\(53100\) \[database_failed\]$/);
  t.true(machine.value('sync_queue_depth', {queue_type: 'signals'}) > 0);
  await makeRoom();
  await machine.drained();
  await holdsExactly(t, sql, machine.ids);
});
