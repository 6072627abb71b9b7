import {PostgresDatabase, type PostgresOptions, type Query} from './postgres-database.js';
import type {Row, RowKind} from './row.js';
import type {Store, StoredTrader} from './store.js';

interface Table {
  readonly name: string;
  /** Columns, and their types as a row's JSON is read. */
  readonly columns: Readonly<Record<string, string>>;
}

const TABLES: Readonly<Record<RowKind, Table>> = {
  signal: {
    name: 'signals',
    columns: {
      id: 'uuid',
      trader_id: 'text',
      trader_name: 'text',
      symbol: 'text',
      price: 'double precision',
      matched_conditions: 'jsonb',
      source: 'text',
      machine_id: 'text',
      created_at: 'timestamptz',
    },
  },
  analysis: {
    name: 'signal_analyses',
    columns: {
      signal_id: 'uuid',
      id: 'uuid',
      status: 'text',
      analyser: 'text',
      decision: 'text',
      confidence: 'double precision',
      key_levels: 'jsonb',
      plan: 'jsonb',
      failure_reason: 'text',
      failure_detail: 'text',
      machine_id: 'text',
      created_at: 'timestamptz',
    },
  },
  metric: {
    name: 'machine_metrics',
    columns: {
      id: 'uuid',
      uptime_seconds: 'double precision',
      resident_bytes: 'bigint',
      heap_used_bytes: 'bigint',
      workers: 'integer',
      traders: 'integer',
      symbols: 'integer',
      screenings: 'bigint',
      matches: 'bigint',
      signals: 'bigint',
      signals_pending_analysis: 'bigint',
      sync_rows: 'bigint',
      machine_id: 'text',
      created_at: 'timestamptz',
    },
  },
  event: {
    name: 'machine_events',
    columns: {
      id: 'uuid',
      event_type: 'text',
      severity: 'text',
      message: 'text',
      details: 'jsonb',
      machine_id: 'text',
      created_at: 'timestamptz',
    },
  },
};

/** In this order: an analysis changes the status of its signal. */
const KINDS = ['signal', 'analysis', 'metric', 'event'] as const satisfies readonly RowKind[];

/** A later run may analyse what an earlier one could not; an analysis stays as it is. */
const ANALYSIS_CONFLICT = `(signal_id) do update set ${Object.keys(TABLES.analysis.columns).map(
  column => `${column} = excluded.${column}`,
)} where signal_analyses.status = 'failed'`;

const INSERTS = new Map(
  KINDS.map(kind => [
    kind,
    insertOf(TABLES[kind], kind === 'analysis' ? ANALYSIS_CONFLICT : 'do nothing'),
  ]),
);

/**
 * One statement for any number of rows: they come as one JSON list, in one parameter. It goes as text, or the driver would
 * make JSON of it once more.
 */
function insertOf({name, columns}: Table, conflict: string): string {
  const typed = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
  const names = Object.keys(columns);
  return `insert into ${name} (${names}) select ${names}
    from json_to_recordset($1::text::json) as rows (${typed}) on conflict ${conflict}`;
}

const SET_STATUS = `update signals set status = known.status
  from json_to_recordset($1::text::json) as analyses (signal_id uuid)
  join signal_analyses as known on known.signal_id = analyses.signal_id
  where signals.id = known.signal_id and signals.status <> known.status`;

const INSERT_TRADERS = `insert into traders (id, name, enabled, filter) select id, name, enabled, filter
  from json_to_recordset($1::text::json) as rows (id text, name text, enabled boolean, filter jsonb)`;

/** The tables in a Postgres database. */
export class PostgresStore implements Store {
  readonly #db: PostgresDatabase;

  /** Connects with the first call. */
  constructor(options: PostgresOptions) {
    this.#db = new PostgresDatabase(options);
  }

  async write(rows: readonly Row[]): Promise<void> {
    const steps = stepsOf(rows);
    const [first] = steps;
    if (first === undefined) return;
    // One statement is a transaction already, without the answers to wait for.
    if (steps.length === 1) await this.#db.query(...first);
    else await this.#db.transaction(query => runAll(query, steps));
  }

  async readTraders(): Promise<StoredTrader[]> {
    const rows = await this.#db.query(
      'select id, name, enabled, filter from traders order by id collate "C"',
    );
    return rows.map(({id, name, enabled, filter}) => ({
      id: String(id),
      name: String(name),
      enabled: enabled === true,
      filter,
    }));
  }

  async replaceTraders(traders: readonly StoredTrader[]): Promise<void> {
    await this.#db.transaction(query =>
      runAll(query, [
        ['delete from traders', []],
        [INSERT_TRADERS, [JSON.stringify(traders)]],
      ]),
    );
  }

  async close(): Promise<void> {
    await this.#db.close();
  }
}

type Step = [sql: string, parameters: readonly string[]];

function stepsOf(rows: readonly Row[]): Step[] {
  return [...INSERTS].flatMap(([kind, insert]): Step[] => {
    // Postgres refuses to touch a row twice in one statement: of rows with one id the last is taken.
    const byId = new Map(rows.filter(row => row.kind === kind).map(row => [row.id, row.json]));
    const list = [...byId.values()];
    if (list.length === 0) return [];
    const parameters = [`[${list}]`];
    const isAnalysis = kind === 'analysis';
    return isAnalysis
      ? [
          [insert, parameters],
          [SET_STATUS, parameters],
        ]
      : [[insert, parameters]];
  });
}

async function runAll(query: Query, steps: readonly Step[]): Promise<void> {
  for (const [sql, parameters] of steps) await query(sql, parameters);
}
