import type {EventEmitter} from 'node:events';

/** A `Worker`, a Piscina pool, or whatever else emits workers' messages as `'message'`. */
export type MessageEmitter = Pick<EventEmitter, 'emit'>;

/**
 * Lets `take` see each message of an emitter first, and emits only those that it leaves: a listener would leave a hello
 * to the user's listeners too, who expect their own first message.
 * @throws TypeError for what is no EventEmitter.
 */
export function takeMessages(emitter: MessageEmitter, take: (message: unknown) => boolean): void {
  if (typeof emitter?.emit !== 'function') {
    throw new TypeError(`Expected a Worker or a Piscina pool to attach, got ${typeof emitter}`);
  }
  const emit = emitter.emit;
  emitter.emit = function (this: EventEmitter, name, ...values) {
    return (name === 'message' && take(values[0])) || emit.call(this, name, ...values);
  };
}
