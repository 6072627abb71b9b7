import {randomUUID} from 'node:crypto';
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {
  CONTROL_HEARD,
  CONTROL_POSTED,
  CONTROL_RETIRED,
  CONTROL_WORDS,
  type Declaration,
  type Hello,
  PROTOCOL_VERSION,
} from '../metrics/delta.js';
import {Recorder, type RecorderOptions, type RecorderSink} from '../metrics/recorder.js';

/** Flushes that the hub may not have merged yet before a timer's flush waits. What waits stays in the ledger. */
export const FLUSHES_UNHEARD_MAX = 16;

/** Identifies what a worker had recorded at one moment, so that the main thread can wait until the hub knows it. */
export interface FlushMark {
  /** The channel's id; a worker that connects twice has two. */
  readonly channel: string;
  /** Sequence number of the last delta that was posted on it. */
  readonly sequence: number;
}

/** Options of {@link openWorkerPort}. */
export interface WorkerPortOptions extends RecorderOptions {
  readonly threadId: number;
  /** Posts to the main thread; `parentPort.postMessage` of the worker. */
  readonly post: (message: unknown, transfer: MessagePort[]) => void;
}

/** A worker's end of its channel to the hub. */
export interface WorkerPort {
  readonly recorder: Recorder;
  /** Posts what changed. To be called when a task ends: an idle piscina worker runs no timers. */
  flush(): FlushMark;
  /** As `flush()`, unless {@link FLUSHES_UNHEARD_MAX} deltas are on their way to a main thread that is stuck. */
  flushIfHeard(): void;
}

/**
 * Opens a channel of its own and sends the hub the other end. The port never keeps the worker alive: nothing listens
 * here. Declarations are posted at once, so that whatever the ledger holds when the worker dies has its name.
 */
export function openWorkerPort({threadId, post, ...options}: WorkerPortOptions): WorkerPort {
  const {port1: port, port2: hubPort} = new MessageChannel();
  const control = new BigInt64Array(
    new SharedArrayBuffer(CONTROL_WORDS * BigInt64Array.BYTES_PER_ELEMENT),
  );
  const channel = randomUUID();
  const hello: Hello<MessagePort> = {
    threadtally: PROTOCOL_VERSION,
    channel,
    threadId,
    port: hubPort,
    control: control.buffer,
  };
  post(hello, [hubPort]);
  const sink: RecorderSink = {
    declare: (message: Declaration) => {
      port.postMessage(message);
      if (message.kind === 'retire') Atomics.add(control, CONTROL_RETIRED, 1n);
    },
    deltas: (buffer, sequence) => {
      port.postMessage(buffer, [buffer]);
      Atomics.store(control, CONTROL_POSTED, BigInt(sequence));
    },
  };
  const recorder = new Recorder(sink, options);
  const flush = () => ({channel, sequence: recorder.flush()});
  const flushIfHeard = () => {
    const heard = Number(Atomics.load(control, CONTROL_HEARD));
    if (recorder.sequence - heard < FLUSHES_UNHEARD_MAX) recorder.flush();
  };
  return {recorder, flush, flushIfHeard};
}
