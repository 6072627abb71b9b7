import {MessagePort, parentPort} from 'node:worker_threads';
import {type MessageEmitter, takeMessages} from '../channel/taken-messages.js';
import {isHello} from '../metrics/delta.js';

/** Emitters whose hellos are handed on: wrapped twice, each hello would be posted twice, and its port can't be. */
const attached = new WeakSet<MessageEmitter>();

/**
 * Attaches what this worker starts, a `Worker` or a Piscina pool, to the hub of the main thread: their hellos are handed
 * on with the port that rides along, through as many levels as call this, and not emitted here; other messages are the
 * user's own as before. To be called before the first message comes. Counts of the inner worker then go straight to the
 * hub, and are settled there when it ends, with this worker or before. A second call for the same emitter changes nothing.
 * @throws TypeError on a thread without a parent, or for what is no EventEmitter.
 */
export function attach<E extends MessageEmitter>(emitter: E): E {
  const parent = parentPort;
  if (parent === null) {
    const hint = 'use attach() of its hub';
    throw new TypeError(
      `Expected attach() to be called in a worker thread, got the main thread: ${hint}`,
    );
  }
  if (attached.has(emitter)) return emitter;
  takeMessages(emitter, message => {
    if (!isHello(message)) return false;
    const {port} = message;
    // One without a port is refused and counted by the hub.
    parent.postMessage(message, port instanceof MessagePort ? [port] : []);
    return true;
  });
  attached.add(emitter);
  return emitter;
}
