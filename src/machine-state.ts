import {hostname} from 'node:os';
import {basename} from 'node:path';
import type {Config} from './config.js';
import type {Metrics} from './metrics/catalogue.js';
import {BUILT_IN_TRADERS} from './screener/built-in-traders.js';
import type {CloudTrader} from './screener/trader.js';
import type {AnalysisOrder, AnalysisSink, LeftSignal, Signal} from './signals/signal.js';
import {UuidV7Source} from './signals/uuid-v7.js';
import {PostgresClient} from './sync/postgres-client.js';
import {leftSignalOf, type MachineEvent, type MachineFigures} from './sync/row.js';
import {repeatableRowId} from './sync/row-id.js';
import {SqliteClient} from './sync/sqlite-client.js';
import type {MatchEntry} from './sync/sqlite-file.js';
import {type SYNC_FAMILY_KEYS, Synchroniser} from './sync/synchroniser.js';
import {TraderSource} from './trader-source.js';

/** Milliseconds between two looks at the traders file and the table of traders. */
export const TRADERS_INTERVAL_MS = 2_000;

/** Milliseconds between two rows of machine_metrics. */
export const FIGURES_INTERVAL_MS = 60_000;

/** Milliseconds that a shutdown leaves the database to take what waits, of the 5 s after which Fly kills a Machine. */
export const STATE_GRACE_MS = 1_000;

/** Bytes in a MiB. */
const MIB = 1024 * 1024;

/** Options of {@link MachineState}. */
export interface MachineStateOptions {
  readonly config: Pick<
    Config,
    | 'dataDir'
    | 'databaseUrl'
    | 'machineId'
    | 'outboxMib'
    | 'synchronous'
    | 'tradersFile'
    | 'replayDir'
  >;
  readonly metrics: Metrics<(typeof SYNC_FAMILY_KEYS)[number]>;
  /** Where the market comes from: what traders matched last is kept a source. */
  readonly source: string;
  readonly onTrouble: (line: string) => void;
  /** Told how many enabled traders there are now, whenever that has changed. Default none. */
  readonly onTraders?: (count: number) => void;
}

/** What each trader matched last, by its id. */
export type Matches = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What outlives the process: signals, analyses, figures, events, the traders, and what they matched last. A replay starts
 * over each time, so it remembers no matches, and its signals have ids that they always get: the database keeps each once.
 */
export class MachineState {
  readonly #sync: Synchroniser;
  readonly #traders: TraderSource;
  readonly #source: string;
  readonly #onTraders: (count: number) => void;
  /** Of those that are screened now. */
  #enabledCount = 0;
  readonly #isReplay: boolean;
  readonly #idOf: (made: Omit<Signal, 'id'>) => string;
  /** What is known to be in the file, as JSON. */
  readonly #savedMatches = new Map<string, string>();
  #leftSignals: readonly LeftSignal[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #refreshing: Promise<void> = Promise.resolve();

  /** @throws StoreError where the file in DATA_DIR can't be used; TradersError where the traders file isn't valid. */
  static async open(options: MachineStateOptions): Promise<MachineState> {
    const {config} = options;
    const file = await SqliteClient.open({
      folder: config.dataDir,
      synchronous: config.synchronous,
      role: config.databaseUrl === null ? 'store' : 'outbox',
      outboxBytesMax: config.outboxMib * MIB,
    });
    try {
      const state = new MachineState(options, file);
      await state.#start(file);
      return state;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private constructor(
    {config, metrics, source, onTrouble, onTraders = () => {}}: MachineStateOptions,
    file: SqliteClient,
  ) {
    const {databaseUrl, replayDir} = config;
    const machineId = config.machineId ?? hostname();
    const database = databaseUrl === null ? undefined : new PostgresClient({url: databaseUrl});
    this.#source = source;
    this.#onTraders = onTraders;
    this.#isReplay = replayDir !== null;
    metrics.syncOutboxLimit.set(config.outboxMib * MIB);
    this.#sync = new Synchroniser({
      file,
      ...(database === undefined ? {} : {database}),
      metrics,
      machineId,
      wallClock: Date.now,
      outboxMib: config.outboxMib,
      onTrouble,
    });
    this.#traders = new TraderSource({
      file: config.tradersFile,
      store: database ?? file,
      ...(database === undefined ? {} : {cache: file}),
      builtIn: BUILT_IN_TRADERS,
      onTrouble,
      onChange: traders => this.#tellTraders(traders),
    });
    const ids = new UuidV7Source(bytes => crypto.getRandomValues(bytes));
    const recording = basename(replayDir ?? '');
    this.#idOf = this.#isReplay
      ? ({madeAtMs, traderId, symbol}) =>
          repeatableRowId(madeAtMs, JSON.stringify([machineId, recording, traderId, symbol]))
      : ({madeAtMs}) => ids.next(madeAtMs);
  }

  /** The traders to screen now. */
  get traders(): readonly CloudTrader[] {
    return this.#traders.current;
  }

  /** How many of these are enabled. */
  get enabledCount(): number {
    return this.#enabledCount;
  }

  /** Why there are no traders though there should be; see {@link TraderSource.lack}. */
  get traderLack(): string | undefined {
    return this.#traders.lack;
  }

  /** Takes what becomes of the signals. */
  get analyses(): AnalysisSink {
    return this.#sync;
  }

  /** The id of a signal that is being made. */
  idOf(made: Omit<Signal, 'id'>): string {
    return this.#idOf(made);
  }

  /** What each trader matched when the machine ran last, by its id; nothing in a replay. */
  get savedMatches(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#savedMatches].map(([id, symbols]) => [id, JSON.parse(symbols)]));
  }

  /** Signals that earlier runs left without an analysis, oldest first; none in a replay, which makes its own again. */
  get leftSignals(): readonly LeftSignal[] {
    return this.#leftSignals;
  }

  /** Keeps the signals of a screening together with what its traders matched; see {@link Synchroniser.recordSignals}. */
  recordScreening(
    signals: readonly Signal[],
    orders: readonly AnalysisOrder[],
    matches: Matches,
  ): Promise<void> {
    if (this.#isReplay) return this.#sync.recordSignals(signals);
    const entries = this.#changed(matches);
    const changed = entries.length === 0 ? undefined : {source: this.#source, entries};
    return this.#sync.recordSignals(signals, changed, orders);
  }

  /** Keeps an event; anyone may call it. */
  recordEvent(event: MachineEvent): void {
    this.#sync.recordEvent(event);
  }

  /** Keeps the event that a trader is kept from the workers for a while. */
  recordQuarantine({id, name}: CloudTrader, reason: string): void {
    this.recordEvent({
      type: 'trader_quarantined',
      severity: 'warning',
      message: `Trader ${name}: ${reason}`,
      details: {trader_id: id},
    });
  }

  /** Keeps the machine's figures every {@link FIGURES_INTERVAL_MS}. */
  recordFigures(read: () => Omit<MachineFigures, 'syncRows'>): void {
    this.#timers.push(setInterval(() => this.#sync.recordFigures(read()), FIGURES_INTERVAL_MS));
  }

  /** Sets the gauges to this moment. */
  report(): void {
    this.#sync.report();
  }

  /** Keeps and sends what is left, in little more than `graceMs`. */
  async close(graceMs = STATE_GRACE_MS): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#traders.close();
    this.recordEvent({type: 'machine_stopped', severity: 'info', message: 'The machine stops'});
    await this.#sync.close(graceMs);
    await this.#refreshing;
  }

  async #start(file: SqliteClient): Promise<void> {
    if (!this.#isReplay) {
      for (const [id, symbols] of await file.readMatches(this.#source)) {
        this.#savedMatches.set(id, symbols);
      }
      this.#leftSignals = (await file.readTasks()).map(leftSignalOf);
    }
    const message = 'The machine starts';
    this.recordEvent({type: 'machine_started', severity: 'info', message});
    await this.#traders.open();
    await this.#sync.start();
    const refresh = () => {
      this.#refreshing = this.#refreshing.then(() => this.#traders.refresh());
    };
    refresh();
    // The first list is complete where the table is quick to read, which the file always is.
    await Promise.race([
      this.#refreshing,
      new Promise(resolve => setTimeout(resolve, TRADERS_INTERVAL_MS)),
    ]);
    let isRefreshing = false;
    this.#timers.push(
      setInterval(() => {
        if (isRefreshing) return;
        isRefreshing = true;
        refresh();
        void this.#refreshing.then(() => {
          isRefreshing = false;
        });
      }, TRADERS_INTERVAL_MS),
    );
  }

  /** What is to be saved anew; taken as saved from now on, for a commit that fails is repeated. */
  #changed(matches: Matches): MatchEntry[] {
    const entries: MatchEntry[] = [];
    for (const [id, symbols] of matches) {
      const text = JSON.stringify([...symbols]);
      if (this.#savedMatches.get(id) !== text) entries.push([id, text]);
    }
    for (const id of this.#savedMatches.keys()) if (!matches.has(id)) entries.push([id, null]);
    for (const [id, text] of entries) {
      if (text === null) this.#savedMatches.delete(id);
      else this.#savedMatches.set(id, text);
    }
    return entries;
  }

  #tellTraders(traders: readonly CloudTrader[]): void {
    const enabledCount = traders.filter(({enabled}) => enabled).length;
    if (enabledCount !== this.#enabledCount) this.#onTraders(enabledCount);
    this.#enabledCount = enabledCount;
    const details = {count: traders.length, enabled: enabledCount};
    const message = `${traders.length} traders from now on`;
    this.recordEvent({type: 'traders_changed', severity: 'info', message, details});
  }
}
