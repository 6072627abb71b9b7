import {stat} from 'node:fs/promises';
import {decodeTraders} from './schemas.js';
import type {CloudTrader} from './screener/trader.js';
import type {Store, StoredTrader} from './sync/store.js';
import {readTradersFile} from './traders-file.js';

/** Options of {@link TraderSource}. */
export interface TraderSourceOptions {
  /** The traders file, or null for none. */
  readonly file: string | null;
  /** Has the table of traders. */
  readonly store: Pick<Store, 'readTraders'>;
  /** Keeps what the table held, for a start without its server; none where the store is at hand anyway. */
  readonly cache?: Pick<Store, 'readTraders' | 'replaceTraders'>;
  /** Screened where neither file nor table names any. */
  readonly builtIn: readonly CloudTrader[];
  /** Told in a line why traders stay as they are, once until that changes. */
  readonly onTrouble: (line: string) => void;
  /** Told what traders are screened from now on. */
  readonly onChange: (traders: readonly CloudTrader[]) => void;
}

/**
 * The traders of the file and of the store's table, as they are now: where both name an id, the file's is taken. What can't
 * be read or isn't valid leaves the traders of that place as they were.
 */
export class TraderSource {
  readonly #options: TraderSourceOptions;
  #current: readonly CloudTrader[] = [];
  #fileTraders: readonly CloudTrader[] = [];
  /** Of the file that was read last; another is read anew. */
  #fileStamp = '';
  /** Undefined until the table, or what it held, could be read. */
  #tableTraders: readonly CloudTrader[] | undefined;
  /** What the table held last, to see whether that has changed. */
  #tableText = '';
  /** The trouble that was told last, by place. */
  readonly #told = new Map<'file' | 'table', string>();

  constructor(options: TraderSourceOptions) {
    this.#options = options;
  }

  /** Those to screen now; another list after each change. */
  get current(): readonly CloudTrader[] {
    return this.#current;
  }

  /**
   * Reads the file, and the table as far as it is at hand.
   * @throws TradersError where the file isn't valid; StoreError where the cache can't be read
   */
  async open(): Promise<void> {
    const {file, cache} = this.#options;
    if (file !== null) await this.#readFile(file);
    const cached = await cache?.readTraders();
    if (cached !== undefined && cached.length > 0) this.#take(cached);
    this.#merge();
  }

  /** Reads again what may have changed. Never rejects. */
  async refresh(): Promise<void> {
    const {file} = this.#options;
    if (file !== null) await this.#attempt('file', () => this.#readFile(file));
    await this.#attempt('table', () => this.#readTable());
    this.#merge();
  }

  async #readFile(file: string): Promise<void> {
    const stamp = await stampOf(file);
    if (stamp !== '' && stamp === this.#fileStamp) return;
    // Also where it turns out to be wrong: it is read again once it has changed.
    this.#fileStamp = stamp;
    this.#fileTraders = await readTradersFile(file);
    this.#told.delete('file');
  }

  async #readTable(): Promise<void> {
    const {store, cache} = this.#options;
    const stored = await store.readTraders();
    const text = JSON.stringify(stored);
    if (text === this.#tableText) return;
    this.#take(stored);
    await cache?.replaceTraders(stored);
    this.#tableText = text;
  }

  #take(stored: readonly StoredTrader[]): void {
    this.#tableTraders = decodeTraders(stored, 'table traders');
  }

  async #attempt(place: 'file' | 'table', read: () => Promise<void>): Promise<void> {
    try {
      await read();
      // A file that is still wrong isn't read again, and isn't well either: its reading tells.
      if (place === 'table') this.#told.delete(place);
    } catch (error) {
      const line = (error as Error).message;
      if (this.#told.get(place) === line) return;
      this.#told.set(place, line);
      this.#options.onTrouble(`Traders stay as they were: ${line}`);
    }
  }

  #merge(): void {
    const own = new Set(this.#fileTraders.map(({id}) => id));
    const table = this.#tableTraders ?? [];
    const named = [...this.#fileTraders, ...table.filter(({id}) => !own.has(id))];
    // Where the table may hold some and can't be read, the built-in ones are not what its owner wants.
    const isUnknown = this.#tableTraders === undefined && this.#options.cache !== undefined;
    const hasNone = named.length === 0 && this.#options.file === null && !isUnknown;
    const next = hasNone ? this.#options.builtIn : named;
    if (JSON.stringify(next) === JSON.stringify(this.#current)) return;
    this.#current = next;
    this.#options.onChange(next);
  }
}

/** Changes with the file; empty where there is none. */
async function stampOf(path: string): Promise<string> {
  try {
    const {ino, size, mtimeMs} = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return '';
  }
}
