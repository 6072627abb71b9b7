/**
 * The steps from an empty file to the tables of today: a step, once released, is never changed. The number of steps that a
 * file has been through stands in its `user_version`. Times are ISO 8601 texts in UTC, which sort as they should.
 */
export const SQLITE_MIGRATIONS: readonly string[] = Object.freeze([
  `
  create table traders (
    id text primary key,
    name text not null,
    enabled integer not null default 1,
    filter text not null,
    updated_at text not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  ) strict;
  create table signals (
    id text primary key,
    trader_id text not null,
    trader_name text not null,
    symbol text not null,
    price real,
    matched_conditions text not null,
    status text not null default 'new',
    source text not null,
    machine_id text not null,
    created_at text not null
  ) strict;
  create index signals_created_at on signals (created_at);
  create table signal_analyses (
    signal_id text primary key,
    id text,
    status text not null,
    analyser text,
    decision text,
    confidence real,
    key_levels text,
    plan text,
    failure_reason text,
    failure_detail text,
    machine_id text not null,
    created_at text not null
  ) strict;
  create table machine_metrics (
    id text primary key,
    uptime_seconds real not null,
    resident_bytes integer not null,
    heap_used_bytes integer not null,
    workers integer not null,
    traders integer not null,
    symbols integer not null,
    screenings integer not null,
    matches integer not null,
    signals integer not null,
    signals_pending_analysis integer not null,
    sync_rows integer not null,
    machine_id text not null,
    created_at text not null
  ) strict;
  create table machine_events (
    id text primary key,
    event_type text not null,
    severity text not null,
    message text not null,
    details text not null,
    machine_id text not null,
    created_at text not null
  ) strict;
  create table match_memory (
    source text not null,
    trader_id text not null,
    symbols text not null,
    primary key (source, trader_id)
  ) strict;
  create table outbox (
    sequence integer primary key autoincrement,
    queue text not null,
    kind text not null,
    id text not null,
    json text not null,
    refusal text,
    unique (kind, id)
  ) strict;
  create index outbox_queue on outbox (queue, sequence);
  `,
  `
  create table unanalysed (
    signal_id text primary key,
    task text not null
  ) strict;
  `,
]);
