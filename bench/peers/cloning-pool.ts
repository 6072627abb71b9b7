import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import type {MarketData} from '../../src/market/kline.js';
import type {CloudTrader} from '../../src/screener/trader.js';

/** Symbols that each trader matched. */
export type Found = Map<string, string[]>;

/** A pool that clones the whole market to every worker at every screening, one chunk of traders each. */
export class CloningPool {
  readonly #workers: Worker[];

  constructor(workerCount: number) {
    const url = new URL('./cloning-worker.js', import.meta.url);
    this.#workers = Array.from({length: workerCount}, () => new Worker(url));
  }

  async screen(traders: readonly CloudTrader[], market: MarketData): Promise<Found> {
    const chunkSize = Math.ceil(traders.length / this.#workers.length);
    const answers = this.#workers.map((worker, i) => {
      const answer = once(worker, 'message');
      const chunk = traders.slice(i * chunkSize, (i + 1) * chunkSize);
      worker.postMessage({traders: chunk, market});
      return answer as Promise<[[string, string[]][]]>;
    });
    const found = await Promise.all(answers);
    return new Map(found.flatMap(([list]) => list));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.terminate()));
  }
}
