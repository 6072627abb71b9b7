/** The table that says which steps a database has been through. */
export const MIGRATIONS_TABLE = 'threadtally_migrations';

/** Number of the advisory lock under which machines migrate, one after the other: "tally" in ASCII. */
export const MIGRATION_LOCK = 0x74_61_6c_6c_79;

/** The steps from an empty database to the tables of today; a step, once released, is never changed. */
export const POSTGRES_MIGRATIONS: readonly string[] = Object.freeze([
  `
  create table traders (
    id text primary key,
    name text not null,
    enabled boolean not null default true,
    filter jsonb not null,
    updated_at timestamptz not null default now()
  );
  create table signals (
    id uuid primary key,
    trader_id text not null,
    trader_name text not null,
    symbol text not null,
    price double precision,
    matched_conditions jsonb not null,
    status text not null default 'new',
    source text not null,
    machine_id text not null,
    created_at timestamptz not null
  );
  create index signals_created_at on signals (created_at);
  create table signal_analyses (
    signal_id uuid primary key,
    id uuid,
    status text not null,
    analyser text,
    decision text,
    confidence double precision,
    key_levels jsonb,
    plan jsonb,
    failure_reason text,
    failure_detail text,
    machine_id text not null,
    created_at timestamptz not null
  );
  create table machine_metrics (
    id uuid primary key,
    uptime_seconds double precision not null,
    resident_bytes bigint not null,
    heap_used_bytes bigint not null,
    workers integer not null,
    traders integer not null,
    symbols integer not null,
    screenings bigint not null,
    matches bigint not null,
    signals bigint not null,
    signals_pending_analysis bigint not null,
    sync_rows bigint not null,
    machine_id text not null,
    created_at timestamptz not null
  );
  create table machine_events (
    id uuid primary key,
    event_type text not null,
    severity text not null,
    message text not null,
    details jsonb not null,
    machine_id text not null,
    created_at timestamptz not null
  );
  `,
]);
