import {type MessagePort, parentPort} from 'node:worker_threads';
import {type ThreadCall, type ThreadReply, wireErrorOf} from './thread-calls.js';

/** What a thread serves: methods by their name, one of them `close`. */
export interface Served {
  close(): unknown;
}

/** Makes what the thread serves, and answers calls of its methods until `close`. */
export function serveThread<T extends Served>(make: () => T, opened: (served: T) => unknown): void {
  if (parentPort === null) throw new TypeError('Expected a worker thread, got the main thread');
  const port = parentPort;
  let served: T | undefined;
  void answer(port, 0, () => {
    served = make();
    return opened(served);
  }).then(() => {
    if (served === undefined) port.close();
  });
  port.on('message', async ({call, method, parameters}: ThreadCall) => {
    const target = served as unknown as Record<string, (...values: readonly unknown[]) => unknown>;
    await answer(port, call, () => target[method]?.(...parameters));
    if (method === 'close') port.close();
  });
}

async function answer(port: MessagePort, call: number, step: () => unknown): Promise<void> {
  let reply: ThreadReply;
  try {
    const result = step();
    // What blocks is answered in its own turn, so that calls keep their order.
    reply = {call, result: result instanceof Promise ? await result : result};
  } catch (error) {
    reply = {call, error: wireErrorOf(error)};
  }
  port.postMessage(reply);
}
