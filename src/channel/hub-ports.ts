import {MessagePort, receiveMessageOnPort} from 'node:worker_threads';
import {
  CONTROL_HEARD,
  CONTROL_POSTED,
  CONTROL_RETIRED,
  decodeDeclaration,
  decodeDelta,
  isHello,
  PROTOCOL_VERSION,
  viewControl,
} from '../metrics/delta.js';
import {Source, type SourceWatch} from '../metrics/source.js';
import type {Totals} from '../metrics/totals.js';
import {MergeWaitError, MergeWaits} from './merge-waits.js';
import {ThreadSlots} from './thread-slots.js';
import type {FlushMark} from './worker-port.js';

/** Ended channels that are remembered, so that waiting for one of them ends at once. */
export const ENDED_CHANNELS_REMEMBERED = 10_000;

/** Messages of a worker that a page takes off its port at once; those beyond come with the next turns, as all others do. */
export const MESSAGES_AHEAD_MAX = 1_000;

/** What the hub wants to hear of its ports. */
export interface PortsWatch extends SourceWatch {
  merged(bytes: number, durationMs: number): void;
  settled(unflushedCells: number): void;
  refusedHello(reason: 'protocol_version' | 'bad_hello', what: string): void;
  /** Too many wait for a delta. */
  refusedWait(): void;
}

/** Options of {@link HubPorts}. */
export interface HubPortsOptions {
  readonly totals: Totals;
  readonly watch: PortsWatch;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
  /** Shared with whoever else labels by slot. Default: none is. */
  readonly slots?: ThreadSlots;
}

/** The channels that came by one worker or pool, and who waits for them to settle. */
interface Group {
  readonly live: Set<Session>;
  idlers: (() => void)[];
}

/** What {@link HubPorts.group} gives. */
export interface PortGroup {
  /** Takes a worker's hello; false where the message is the user's own. A hello that can't be served is refused and counted. */
  receive(message: unknown): boolean;
  /** Resolves when none of the group's workers is attached: each has ended, and all that it recorded is merged. */
  settled(): Promise<void>;
}

interface Session {
  readonly channel: string;
  readonly port: MessagePort;
  readonly group: Group;
  /** The thread whose slot it holds. */
  readonly thread: number | string;
  readonly source: Source;
  readonly control: BigInt64Array;
}

/** The hub's ends of all channels: attaches workers by the port that they send, merges, and settles them when it closes. */
export class HubPorts {
  readonly #totals: Totals;
  readonly #watch: PortsWatch;
  readonly #now: () => number;
  readonly #slots: ThreadSlots;
  /** Live workers by channel. */
  readonly #sessions = new Map<string, Session>();
  /** Channels that have settled or were refused, oldest first. */
  readonly #ended = new Set<string>();
  readonly #waits = new MergeWaits();
  /** True when no worker is to come any more. */
  #isClosed = false;

  constructor({totals, watch, now, slots = new ThreadSlots()}: HubPortsOptions) {
    this.#totals = totals;
    this.#watch = watch;
    this.#now = now;
    this.#slots = slots;
  }

  get workerCount(): number {
    return this.#sessions.size;
  }

  /** Workers that come by one worker's or pool's messages. */
  group(): PortGroup {
    const group: Group = {live: new Set(), idlers: []};
    const settled = async () => {
      if (group.live.size === 0) return;
      const idle = new Promise<void>(resolve => group.idlers.push(resolve));
      for (const session of group.live) this.#balance(session);
      await idle;
    };
    return {receive: message => this.#receive(group, message), settled};
  }

  /**
   * Resolves when everything up to the mark is merged, or the worker has settled, which merges all it recorded. Rejects with
   * a {@link MergeWaitError} where too many wait, or for a worker that isn't known when the hub is closed.
   */
  async merged({channel, sequence}: FlushMark): Promise<void> {
    const session = this.#sessions.get(channel);
    // A worker that had posted nothing by then may not even be attached yet. What is merged isn't read off the shared
    // memory: the worker can write there what it likes.
    const isHeard = sequence === 0 || (session && session.source.sequence >= sequence);
    if (isHeard || this.#ended.has(channel)) return;
    if (this.#isClosed && session === undefined) throw new MergeWaitError('hub_closed');
    if (!this.#waits.hasRoom) {
      this.#watch.refusedWait();
      throw new MergeWaitError('too_many_waits');
    }
    const merged = this.#waits.wait(channel, sequence);
    if (session !== undefined) this.#balance(session);
    await merged;
  }

  /** Waits for no worker that isn't attached by now. Those that are attached are served as before. */
  close(): void {
    this.#isClosed = true;
    this.#waits.rejectBut(channel => this.#sessions.has(channel), 'hub_closed');
  }

  /** Merges what every live worker's ledger holds now; none of them is asked. */
  sample(): void {
    for (const session of this.#sessions.values()) {
      const {source, control} = session;
      this.#takeAhead(session);
      source.sample({
        posted: () => Number(Atomics.load(control, CONTROL_POSTED)),
        retired: () => Number(Atomics.load(control, CONTROL_RETIRED)),
      });
    }
  }

  #receive(group: Group, message: unknown): boolean {
    if (!isHello(message)) return false;
    const {threadtally: version, channel, threadId, port, control: memory} = message;
    const control = memory instanceof SharedArrayBuffer ? viewControl(memory) : undefined;
    if (version !== PROTOCOL_VERSION) {
      const what = `expected protocol ${PROTOCOL_VERSION}, got ${version}`;
      this.#watch.refusedHello('protocol_version', what);
      this.#turnAway(channel, port);
    } else if (
      !(port instanceof MessagePort) ||
      typeof channel !== 'string' ||
      control === undefined
    ) {
      const what = 'expected a port, a channel id and shared memory';
      this.#watch.refusedHello('bad_hello', what);
      this.#turnAway(channel, port);
    } else if (this.#sessions.has(channel) || this.#ended.has(channel)) {
      // The port that rides along is the attached one: it stays open.
      const what = 'expected a channel of its own, got one that is known';
      this.#watch.refusedHello('bad_hello', what);
    } else {
      const thread = Number.isSafeInteger(threadId) ? (threadId as number) : channel;
      const source = new Source(this.#totals, {
        rank: this.#slots.hold(thread),
        watch: this.#watch,
      });
      this.#open({channel, port, group, thread, source, control});
    }
    return true;
  }

  #open(session: Session): void {
    const {channel, port, group} = session;
    this.#sessions.set(channel, session);
    group.live.add(session);
    port.on('message', (message: unknown) => this.#take(session, message));
    port.on('messageerror', () => this.#watch.refusedMessage('expected a readable message'));
    port.on('close', () => this.#settle(session));
    this.#balance(session);
  }

  /** The hub listens as long as the process lives, and is a reason for it to live only while somebody waits for it. */
  #balance({channel, port, group}: Session): void {
    if (group.idlers.length > 0 || this.#waits.has(channel)) port.ref();
    else port.unref();
  }

  /** What was recorded has its name in a message: it must not wait for a turn of this thread while its values can be read. */
  #takeAhead(session: Session): void {
    for (let taken = 0; taken < MESSAGES_AHEAD_MAX; taken++) {
      let received: ReturnType<typeof receiveMessageOnPort>;
      try {
        received = receiveMessageOnPort(session.port);
      } catch {
        this.#watch.refusedMessage('expected a readable message');
        continue;
      }
      if (received === undefined) return;
      this.#take(session, received.message);
    }
  }

  #take(session: Session, message: unknown): void {
    if (!(message instanceof ArrayBuffer)) {
      const declaration = decodeDeclaration(message);
      if (typeof declaration === 'string') this.#watch.refusedMessage(declaration);
      else session.source.accept(declaration);
      return;
    }
    const delta = decodeDelta(message);
    if (typeof delta === 'string') {
      this.#watch.refusedMessage(delta);
      return;
    }
    const start = this.#now();
    if (!session.source.merge(delta)) return;
    this.#watch.merged(message.byteLength, this.#now() - start);
    Atomics.store(session.control, CONTROL_HEARD, BigInt(delta.sequence));
    if (!this.#waits.has(session.channel)) return;
    this.#waits.wake(session.channel, delta.sequence);
    this.#balance(session);
  }

  /** Runs when the port closes, for whatever reason; every message that was posted has come before. */
  #settle(session: Session): void {
    const {channel, group, thread, source} = session;
    const unflushedCells = source.settle();
    this.#sessions.delete(channel);
    this.#slots.release(thread);
    this.#watch.settled(unflushedCells);
    this.#end(channel);
    group.live.delete(session);
    if (group.live.size > 0) return;
    for (const resolve of group.idlers.splice(0)) resolve();
  }

  #turnAway(channel: unknown, port: unknown): void {
    if (port instanceof MessagePort) port.close();
    if (typeof channel === 'string' && !this.#sessions.has(channel)) this.#end(channel);
  }

  #end(channel: string): void {
    this.#ended.add(channel);
    if (this.#ended.size > ENDED_CHANNELS_REMEMBERED) {
      for (const oldest of this.#ended) {
        this.#ended.delete(oldest);
        break;
      }
    }
    this.#waits.wake(channel, Infinity);
  }
}
