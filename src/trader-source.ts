import {stat} from 'node:fs/promises';
import {quoteValue} from './log.js';
import {decodeEachTrader} from './schemas.js';
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
  /** Told in a line what keeps traders from being taken up, once until that changes. */
  readonly onTrouble: (line: string) => void;
  /** Told what traders are screened from now on. */
  readonly onChange: (traders: readonly CloudTrader[]) => void;
}

/**
 * The traders of the file and of the store's table, as they are now: where both name an id, the file's is taken. What can't
 * be read leaves the traders of that place as they were; of the table's rows each stands by itself, the file is taken whole.
 */
export class TraderSource {
  readonly #options: TraderSourceOptions;
  #current: readonly CloudTrader[] = [];
  #fileTraders: readonly CloudTrader[] = [];
  /** Of the file that was read last; another is read anew. */
  #fileStamp = '';
  /** Undefined until the table, or what it held, could be read. */
  #tableTraders: readonly CloudTrader[] | undefined;
  /** Rows of the table that are no traders, and why; by id. */
  #problems: ReadonlyMap<string, string> = new Map();
  /** What the table held last, to see whether that has changed. */
  #tableText = '';
  /** The trouble that was told last, by place. */
  readonly #told = new Map<'file' | 'table', string>();
  #isClosed = false;

  constructor(options: TraderSourceOptions) {
    this.#options = options;
  }

  /** Those to screen now; another list after each change. */
  get current(): readonly CloudTrader[] {
    return this.#current;
  }

  /** Why there is nobody to screen, though somebody should be; undefined where there is, or none is wanted. */
  get lack(): string | undefined {
    if (this.#current.length > 0) return undefined;
    if (this.#tableTraders === undefined) return 'no trader is known until the database answers';
    return this.#problems.size > 0 ? 'no row of the table of traders is valid' : undefined;
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

  /** Says nothing any more: what a shutdown cuts off is no trouble. */
  close(): void {
    this.#isClosed = true;
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

  /** A row that has become wrong leaves its trader as it was. */
  #take(stored: readonly StoredTrader[]): void {
    const {traders, problems} = decodeEachTrader(stored, 'table traders');
    const before = new Map((this.#tableTraders ?? []).map(trader => [trader.id, trader]));
    const kept = [...problems.keys()].flatMap(id => before.get(id) ?? []);
    this.#tableTraders = [...traders, ...kept].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const [id, problem] of problems) {
      if (this.#problems.get(id) === problem) continue;
      const state = before.has(id) ? 'stays as it was' : 'is not screened';
      this.#tell(`Trader ${quoteValue(id)} of the table ${state}: ${problem} [traders_invalid]`);
    }
    this.#problems = problems;
  }

  async #attempt(place: 'file' | 'table', read: () => Promise<void>): Promise<void> {
    try {
      await read();
      // A file that is still wrong isn't read again, and isn't well either: its reading tells.
      if (place === 'table') this.#told.delete(place);
    } catch (error) {
      const line = this.#troubleText(place, error as Error & {readonly code?: string});
      if (this.#told.get(place) === line) return;
      this.#told.set(place, line);
      this.#tell(line);
    }
  }

  #troubleText(place: 'file' | 'table', {message, code}: Error & {readonly code?: string}): string {
    const tail = code === undefined ? '' : ` [${code}]`;
    const isUnknown = place === 'table' && this.#tableTraders === undefined;
    if (!isUnknown) return `The ${place}'s traders stay as they were: ${message}${tail}`;
    const who = this.#fileTraders.length > 0 ? "but the file's is screened" : 'is screened';
    // In whose words it doesn't answer tells the synchroniser, which has a row to send from the start.
    const why = code?.startsWith('database_') === true ? '' : `: ${message}`;
    return `No trader ${who} until the database answers${why}${tail}`;
  }

  #tell(line: string): void {
    if (!this.#isClosed) this.#options.onTrouble(line);
  }

  #merge(): void {
    const own = new Set(this.#fileTraders.map(({id}) => id));
    const table = this.#tableTraders ?? [];
    const named = [...this.#fileTraders, ...table.filter(({id}) => !own.has(id))];
    // Where the table holds some, or may, and none can be read, the built-in ones are not what its owner wants.
    const isEmpty = this.#tableTraders !== undefined && this.#problems.size === 0;
    const hasNone = named.length === 0 && this.#options.file === null && isEmpty;
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
