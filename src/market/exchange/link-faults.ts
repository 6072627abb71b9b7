import type {Connection} from './connection.js';
import type {StreamServer} from './stream-server.js';
import type {Tally} from './tally.js';

/** What goes wrong with connections, each counted a connection; `swallowed` a frame that a stalled one didn't get. */
export type LinkFault = 'dropped' | 'stalled' | 'half_opened' | 'swallowed' | 'upgrades_refused';

/** Which connections a fault befalls, by their `id`. Default all that are open. */
export type ConnectionIds = readonly number[];

/** What befalls connections. */
export class LinkFaults {
  readonly #streams: StreamServer;
  readonly #tally: Tally<LinkFault>;
  /** Upgrades that are still to be refused, and how. */
  #refusals = {left: 0, status: 503};
  /** Connections yet to come that will stall from their first moment on. */
  #stallsLeft = 0;

  constructor(streams: StreamServer, tally: Tally<LinkFault>) {
    this.#streams = streams;
    this.#tally = tally;
  }

  /** Breaks TCP without a word; with a code, closes as RFC 6455 has it. */
  drop({ids, code}: {ids?: ConnectionIds; code?: number} = {}): void {
    for (const connection of this.#chosen(ids)) {
      this.#tally.add('dropped');
      if (code === undefined) connection.terminate();
      else connection.close(code, '');
    }
  }

  /** Nothing is sent any more: no frame, no ping, no answer. TCP stands. */
  stall(ids?: ConnectionIds): void {
    for (const connection of this.#chosen(ids)) this.#stallOne(connection);
  }

  /** The next connections are accepted, and stalled from then on. */
  stallNext(count: number): void {
    this.#stallsLeft = count;
  }

  /** Stalled connections go on. What they missed stays missed. */
  resume(ids?: ConnectionIds): void {
    for (const connection of this.#chosen(ids)) connection.resume();
  }

  /** The server neither reads nor sends any more, for good. Such a connection counts as open until the exchange closes. */
  halfOpen(ids?: ConnectionIds): void {
    for (const connection of this.#chosen(ids)) {
      if (connection.link === 'half_open') continue;
      this.#tally.add('half_opened');
      connection.halfOpen();
    }
  }

  /** The next upgrades get an HTTP status instead. Default 503. `Infinity` until `clear()`. */
  refuseUpgrades(count = 1, status = 503): void {
    this.#refusals = {left: count, status};
  }

  /** No upgrade is refused, and no new connection stalled, any more. Connections stay as they are. */
  clear(): void {
    this.#refusals.left = 0;
    this.#stallsLeft = 0;
  }

  /** The status that an upgrade gets, which is counted with this; undefined: it may go on. */
  takeRefusal(): number | undefined {
    if (this.#refusals.left <= 0) return undefined;
    this.#refusals.left -= 1;
    this.#tally.add('upgrades_refused');
    return this.#refusals.status;
  }

  /** To be told of every new connection. */
  meet(connection: Connection): void {
    if (this.#stallsLeft <= 0) return;
    this.#stallsLeft -= 1;
    this.#stallOne(connection);
  }

  #stallOne(connection: Connection): void {
    if (connection.link !== 'live') return;
    this.#tally.add('stalled');
    connection.stall();
  }

  #chosen(ids: ConnectionIds | undefined): Connection[] {
    return this.#streams.connections.filter(({id}) => ids === undefined || ids.includes(id));
  }
}
