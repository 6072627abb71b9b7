import {randomUUID} from 'node:crypto';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import type {FlushMark} from '../../src/channel/worker-port.js';
import {PROTOCOL_VERSION} from '../../src/metrics/delta.js';
import {Recorder} from '../../src/metrics/recorder.js';

/** As no real thread's: these have none behind them. */
let lastThreadId = 1_000_000;

/** Turns of the event loop in which the hub's end of a closed channel closes; it takes about two. */
const CLOSE_TURNS_MAX = 100;

/** A worker's end of a real channel, without a thread behind it: it may say and do what no worker would. */
export class ChannelWorker {
  readonly channel = randomUUID();
  readonly recorder: Recorder;
  /** What the worker posts to the hub. */
  readonly hello: Record<string, unknown>;
  readonly #port: MessagePort;
  readonly #hubPort: MessagePort;
  #isDead = false;

  /** @param changes What the hello holds instead of the right thing. */
  constructor(changes: Record<string, unknown> = {}) {
    const {port1, port2} = new MessageChannel();
    this.#port = port1;
    this.#hubPort = port2;
    // A live thread keeps the process alive; the hub's end of its channel doesn't.
    port1.ref();
    this.hello = {
      threadtally: PROTOCOL_VERSION,
      channel: this.channel,
      threadId: ++lastThreadId,
      port: port2,
      control: new SharedArrayBuffer(24),
      ...changes,
    };
    this.recorder = new Recorder({
      declare: message => this.post(message),
      deltas: buffer => this.post(buffer),
    });
  }

  /** Posts anything at all. */
  post(message: unknown): void {
    this.#port.postMessage(message);
  }

  flush(): FlushMark {
    return {channel: this.channel, sequence: this.recorder.flush()};
  }

  /** Ends as a thread does: what was posted arrives, then the port closes. A second call does nothing. */
  die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    let isClosed = false;
    this.#hubPort.once('close', () => {
      isClosed = true;
    });
    this.#port.close();
    // The hub's end keeps no process alive, so the loop might end before it closes. Some ends never do.
    const turn = (left: number) => {
      if (left > 0 && !isClosed) setImmediate(turn, left - 1);
    };
    turn(CLOSE_TURNS_MAX);
  }
}

/** Lets the event loop turn; true where the promise has resolved by then. */
export async function isResolvedSoon(promise: Promise<unknown>): Promise<boolean> {
  let isResolved = false;
  promise.then(() => {
    isResolved = true;
  });
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  return isResolved;
}
