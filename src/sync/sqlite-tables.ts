import type {Row, RowKind} from './row.js';
import type {SqliteDatabase} from './sqlite-database.js';
import type {StoredTrader} from './store.js';

/** The columns of each kind's table as they are taken out of a row's JSON, by column. */
const COLUMNS: Readonly<Record<RowKind, readonly string[]>> = {
  signal: [
    'id',
    'trader_id',
    'trader_name',
    'symbol',
    'price',
    'matched_conditions',
    'source',
    'machine_id',
    'created_at',
  ],
  analysis: [
    'signal_id',
    'id',
    'status',
    'analyser',
    'decision',
    'confidence',
    'key_levels',
    'plan',
    'failure_reason',
    'failure_detail',
    'machine_id',
    'created_at',
  ],
  metric: [
    'id',
    'uptime_seconds',
    'resident_bytes',
    'heap_used_bytes',
    'workers',
    'traders',
    'symbols',
    'screenings',
    'matches',
    'signals',
    'signals_pending_analysis',
    'sync_rows',
    'machine_id',
    'created_at',
  ],
  event: ['id', 'event_type', 'severity', 'message', 'details', 'machine_id', 'created_at'],
};

const TABLES: Readonly<Record<RowKind, string>> = {
  signal: 'signals',
  analysis: 'signal_analyses',
  metric: 'machine_metrics',
  event: 'machine_events',
};

/** In this order: an analysis changes the status of its signal. */
const KINDS = ['signal', 'analysis', 'metric', 'event'] as const satisfies readonly RowKind[];

const INSERTS = new Map(KINDS.map(kind => [kind, insertOf(kind)]));

/** One statement for any number of rows: they come as one JSON list. */
function insertOf(kind: RowKind): string {
  const columns = COLUMNS[kind];
  const values = columns.map(column => `value ->> '${column}'`);
  const changes = columns.map(column => `${column} = excluded.${column}`);
  // A later run may analyse what an earlier one could not; an analysis stays as it is.
  const conflict =
    kind === 'analysis'
      ? `(signal_id) do update set ${changes} where signal_analyses.status = 'failed'`
      : 'do nothing';
  // Without the `where`, SQLite would take `on` for a join's.
  return `insert into ${TABLES[kind]} (${columns}) select ${values} from json_each(?)
    where true on conflict ${conflict}`;
}

/** The tables of {@link SqliteDatabase} that make it a store. Its calls block; they belong into a transaction of the caller's. */
export class SqliteTables {
  readonly #db: SqliteDatabase;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  /** Writes rows; those whose id is there already change nothing. @throws StoreError */
  write(rows: readonly Row[]): void {
    for (const [kind, insert] of INSERTS) {
      const list = `[${rows.filter(row => row.kind === kind).map(row => row.json)}]`;
      if (list === '[]') continue;
      this.#db.run(insert, list);
      if (kind !== 'analysis') continue;
      this.#db.run(
        `update signals set status = known.status from json_each(?) as analyses
          join signal_analyses as known on known.signal_id = analyses.value ->> 'signal_id'
          where signals.id = known.signal_id`,
        list,
      );
    }
  }

  /** All traders by their ids; a filter that is no JSON is given as its text, for the reader to refuse. */
  readTraders(): StoredTrader[] {
    return this.#db
      .select('select id, name, enabled, filter from traders order by id')
      .map(([id, name, enabled, filter]) => ({
        id: String(id),
        name: String(name),
        enabled: enabled !== 0,
        filter: parsed(String(filter)),
      }));
  }

  replaceTraders(traders: readonly StoredTrader[]): void {
    this.#db.run('delete from traders');
    this.#db.run(
      `insert into traders (id, name, enabled, filter) select value ->> 'id', value ->> 'name',
        value ->> 'enabled', value -> 'filter' from json_each(?)`,
      JSON.stringify(traders),
    );
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
