import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import type {CloudTrader} from '../../src/screener/trader.js';
import type {MarketSize} from '../screening-market.js';
import type {Found} from './cloning-pool.js';

/** The filters alone in a number of threads, each with the market at hand: no pool can be faster with these helpers. */
export class Floor {
  readonly #next = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #workers: Worker[];

  private constructor(threadCount: number, size: MarketSize, traders: readonly CloudTrader[]) {
    const url = new URL('./floor-worker.js', import.meta.url);
    const workerData = {size, traders, next: this.#next};
    this.#workers = Array.from({length: threadCount}, () => new Worker(url, {workerData}));
  }

  static async start(threadCount: number, size: MarketSize, traders: readonly CloudTrader[]) {
    const floor = new Floor(threadCount, size, traders);
    await Promise.all(floor.#workers.map(worker => once(worker, 'message')));
    return floor;
  }

  async advance(): Promise<void> {
    await this.#ask('advance');
  }

  async screen(): Promise<Found> {
    Atomics.store(new Int32Array(this.#next), 0, 0);
    return this.#ask('screen');
  }

  async #ask(what: string): Promise<Found> {
    const answers = this.#workers.map(worker => {
      const answer = once(worker, 'message');
      worker.postMessage(what);
      return answer as Promise<[[string, string[]][]]>;
    });
    const found = await Promise.all(answers);
    return new Map(found.flatMap(([list]) => list));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.terminate()));
  }
}
