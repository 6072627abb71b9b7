import postgres from 'postgres';
import {MIGRATION_LOCK, MIGRATIONS_TABLE, POSTGRES_MIGRATIONS} from './postgres-migrations.js';
import {StoreError, type StoreErrorCode} from './store.js';

/** Seconds to wait for a connection; then the server counts as unreachable. */
const CONNECT_TIMEOUT_SECONDS = 5;

/** Milliseconds that one piece of work may take. Then its connection is cut, and the work may be done or not. */
export const DATABASE_TIMEOUT_MS = 10_000;

/** Connections: rows are written over one while traders are read over the other. */
const CONNECTIONS_MAX = 2;

/** Runs a statement, its parameters as `$1`, `$2`. */
export type Query = (
  sql: string,
  parameters?: readonly string[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** Options of {@link PostgresDatabase}. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with `?sslmode=require` where the server wants that. */
  readonly url: string;
  /** Milliseconds that one piece of work may take. Default {@link DATABASE_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
}

/**
 * A Postgres database with today's tables. It connects when there is work, and after a failure it forgets its connections:
 * the driver's own would wait, each by a clock of its own, while the synchroniser knows when to try again.
 */
export class PostgresDatabase {
  readonly #url: string;
  readonly #timeoutMs: number;
  #client: postgres.Sql | undefined;
  /** Resolves when the client's database has today's tables. */
  #migrated: Promise<void> | undefined;
  #isClosed = false;

  constructor({url, timeoutMs = DATABASE_TIMEOUT_MS}: PostgresOptions) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
  }

  /** Runs steps in a transaction: all or none of them are kept. @throws StoreError */
  transaction<T>(steps: (query: Query) => Promise<T>): Promise<T> {
    return this.#limited(async client => {
      this.#migrated ??= migrate(client);
      await this.#migrated;
      return (await client.begin(sql => steps(queryOf(sql)))) as T;
    });
  }

  /** Runs one statement by itself. @throws StoreError */
  query(
    sql: string,
    parameters: readonly string[] = [],
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.#limited(async client => {
      this.#migrated ??= migrate(client);
      await this.#migrated;
      return queryOf(client)(sql, parameters);
    });
  }

  /** Cuts the connections off; what runs then fails, and may be done or not. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#forget(this.#client);
  }

  async #limited<T>(work: (client: postgres.Sql) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw storeErrorOf(new Error('the store was closed'));
    this.#client ??= postgres(this.#url, {
      max: CONNECTIONS_MAX,
      connect_timeout: CONNECT_TIMEOUT_SECONDS,
      // Poolers in between (pgbouncer, Supabase) keep no prepared statements.
      prepare: false,
      fetch_types: false,
      onnotice: () => {},
      connection: {application_name: 'threadtally'},
    });
    const client = this.#client;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(
          new StoreError(
            'database_unreachable',
            `Expected the database to answer within ${this.#timeoutMs} ms, got no answer`,
          ),
        );
      }, this.#timeoutMs);
    });
    try {
      return await Promise.race([work(client), late]);
    } catch (error) {
      await this.#forget(client);
      throw error instanceof StoreError ? error : storeErrorOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #forget(client: postgres.Sql | undefined): Promise<void> {
    if (client === undefined || client !== this.#client) return;
    this.#client = undefined;
    this.#migrated = undefined;
    await client.end({timeout: 0});
  }
}

function queryOf(client: postgres.Sql | postgres.TransactionSql): Query {
  return async (sql, parameters = []) => client.unsafe(sql, [...parameters]);
}

async function migrate(client: postgres.Sql): Promise<void> {
  if ((await versionOf(client)) === POSTGRES_MIGRATIONS.length) return;
  await client.begin(async sql => {
    // Two machines may start at once: the second finds the work done.
    await sql.unsafe('select pg_advisory_xact_lock($1)', [String(MIGRATION_LOCK)]);
    await sql.unsafe(
      `create table if not exists ${MIGRATIONS_TABLE}
        (version integer primary key, applied_at timestamptz not null default now())`,
    );
    const version = await versionOf(sql);
    for (const [index, step] of POSTGRES_MIGRATIONS.entries()) {
      if (index < version) continue;
      await sql.unsafe(step);
      await sql.unsafe(`insert into ${MIGRATIONS_TABLE} (version) values ($1)`, [
        String(index + 1),
      ]);
    }
  });
}

/** How many steps the database has been through. @throws StoreError where they are more than this program knows. */
async function versionOf(client: postgres.Sql | postgres.TransactionSql): Promise<number> {
  const [found] = await client.unsafe('select to_regclass($1) is not null as found', [
    MIGRATIONS_TABLE,
  ]);
  if (found?.found !== true) return 0;
  const [row] = await client.unsafe(
    `select coalesce(max(version), 0)::int as version from ${MIGRATIONS_TABLE}`,
  );
  const version = Number(row?.version);
  if (version <= POSTGRES_MIGRATIONS.length) return version;
  const expected = `Expected a database of at most version ${POSTGRES_MIGRATIONS.length}`;
  throw new StoreError('database_newer', `${expected}, got ${version}`);
}

/** What SQLSTATEs (Postgres' manual, appendix A) mean here, by how they begin; the first that fits. */
const SQL_STATES: readonly (readonly [start: string, StoreErrorCode])[] = [
  ['22', 'row_refused'],
  ['23', 'row_refused'],
  ['25006', 'database_refused'],
  ['28', 'database_refused'],
  ['3D', 'database_refused'],
  ['42501', 'database_refused'],
  ['08', 'database_unreachable'],
  ['57P', 'database_unreachable'],
];

/** What was expected of the database where it failed with a code. */
const EXPECTED: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  row_refused: 'a row to fit its table',
  database_refused: 'the database to let this user read and write',
  database_unreachable: 'the database to be there and answer',
  database_failed: 'the database to do what it was asked',
};

function storeErrorOf(cause: unknown): StoreError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const state = String((cause as {code?: unknown}).code ?? '');
  // The driver's own codes, and those of sockets, are words.
  const isSqlState = /^[0-9A-Z]{5}$/.test(state) && /\d/.test(state);
  const known = SQL_STATES.find(([start]) => state.startsWith(start))?.[1] ?? 'database_failed';
  const code = isSqlState ? known : 'database_unreachable';
  const got = `${message}${state === '' || message.includes(state) ? '' : ` (${state})`}`;
  return new StoreError(
    code,
    `Expected ${EXPECTED[code] ?? EXPECTED.database_failed}, got: ${got}`,
    {cause},
  );
}
