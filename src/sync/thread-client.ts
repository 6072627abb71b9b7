import {Worker} from 'node:worker_threads';
import {StoreError, type StoreErrorCode} from './store.js';
import {errorOf, type ThreadReply} from './thread-calls.js';

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Options of {@link ThreadClient}. */
export interface ThreadClientOptions {
  /** The thread's module. */
  readonly module: URL;
  readonly workerData: unknown;
  /** Code of what calls end with that the thread can't answer any more. */
  readonly endCode: StoreErrorCode;
}

/** Calls what a thread serves, and gives up what it leaves unanswered at its end. */
export class ThreadClient {
  readonly #worker: Worker;
  readonly #endCode: StoreErrorCode;
  readonly #exited: Promise<void>;
  /** Calls without an answer, by their number; bounded by those who wait for each of theirs. */
  readonly #pending = new Map<number, Pending>();
  #call = 0;
  #endedBy: string | undefined;

  constructor({module, workerData, endCode}: ThreadClientOptions) {
    this.#endCode = endCode;
    this.#worker = new Worker(module, {workerData});
    let reason = 'it was closed';
    this.#worker.on('message', (reply: ThreadReply) => this.#settle(reply));
    this.#worker.on('error', error => {
      reason = error.message;
    });
    this.#exited = new Promise(resolve => {
      this.#worker.once('exit', () => {
        this.#end(reason);
        resolve();
      });
    });
  }

  get isEnded(): boolean {
    return this.#endedBy !== undefined;
  }

  /** Resolves when the thread is ready. @throws StoreError where it isn't. */
  async ready(): Promise<void> {
    await this.#answer(0);
  }

  /** What a method came to. @throws StoreError */
  run<T>(method: string, ...parameters: readonly unknown[]): Promise<T> {
    if (this.#endedBy !== undefined) return Promise.reject(this.#ended(this.#endedBy));
    const call = ++this.#call;
    this.#worker.postMessage({call, method, parameters});
    return this.#answer(call) as Promise<T>;
  }

  /** Has the thread close what it serves, and ends it after `graceMs` all the same. */
  async close(graceMs: number): Promise<void> {
    if (this.isEnded) return this.#exited;
    void this.run('close').catch(() => {});
    const timer = setTimeout(() => void this.#worker.terminate(), graceMs);
    await this.#exited;
    clearTimeout(timer);
  }

  #answer(call: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#pending.set(call, {resolve, reject}));
  }

  #settle(reply: ThreadReply): void {
    const pending = this.#pending.get(reply.call);
    this.#pending.delete(reply.call);
    if ('error' in reply) pending?.reject(errorOf(reply.error));
    else pending?.resolve(reply.result);
  }

  #end(reason: string): void {
    this.#endedBy = reason;
    for (const {reject} of this.#pending.values()) reject(this.#ended(reason));
    this.#pending.clear();
  }

  #ended(reason: string): StoreError {
    return new StoreError(this.#endCode, `Expected the store to be open, got an end: ${reason}`);
  }
}
