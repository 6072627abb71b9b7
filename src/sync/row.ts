import type {SYNC_QUEUES} from '../metrics/catalogue.js';
import type {
  AnalysisFailure,
  AnalysisOrder,
  LeftSignal,
  Signal,
  SignalAnalysis,
} from '../signals/signal.js';

/** One of the synchroniser's queues. */
export type QueueName = (typeof SYNC_QUEUES)[number];

/** What a row tells of; each kind has its table. A failure is written where the analysis would have been. */
export type RowKind = 'signal' | 'analysis' | 'metric' | 'event';

/** The queue in which rows of a kind wait: an analysis behind its signal, so that it never comes first. */
export const QUEUE_OF: Readonly<Record<RowKind, QueueName>> = Object.freeze({
  signal: 'signals',
  analysis: 'signals',
  metric: 'metrics',
  event: 'events',
});

/** A row on its way to the database. As text it crosses threads at the price of a copy and is parsed by the database alone. */
export interface Row {
  readonly kind: RowKind;
  /** UUID that is the row's own, by which a second writing changes nothing. An analysis has its signal's. */
  readonly id: string;
  /** JSON object, its keys named like the columns. */
  readonly json: string;
  /**
   * Of a signal: the JSON of a `LeftSignal`, which the local file keeps until the signal needs no analysis any more. Of an
   * analysis: null, which says just that. Absent: nothing changes.
   */
  readonly task?: string | null;
}

/** Conditions of a signal that are kept. Those beyond are replaced by one that tells how many there were. */
export const CONDITIONS_MAX = 64;

/** UTF-16 units of a text in a row. A longer one is cut and ends in `…`. */
export const TEXT_CHARS_MAX = 4_096;

/** How much an event matters. */
export type EventSeverity = 'info' | 'warning' | 'error';

/** Something worth remembering of the machine's life. */
export interface MachineEvent {
  /** Snake case, such as `machine_started`. */
  readonly type: string;
  readonly severity: EventSeverity;
  /** For people, in a line. */
  readonly message: string;
  /** What else there is to know; must be JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The machine's main figures at a moment; counts are since its start. */
export interface MachineFigures {
  readonly uptimeSeconds: number;
  readonly residentBytes: number;
  readonly heapUsedBytes: number;
  readonly workers: number;
  readonly traders: number;
  readonly symbols: number;
  readonly screenings: number;
  readonly matches: number;
  readonly signals: number;
  readonly signalsPendingAnalysis: number;
  /** Rows that wait for the database. */
  readonly syncRows: number;
}

/** What rows of one machine have in common. */
export interface RowOrigin {
  readonly machineId: string;
}

/** A signal, as it is before its analysis; with an order, one that a later run is to analyse where this one can't. */
export function signalRow(signal: Signal, {machineId}: RowOrigin, order?: AnalysisOrder): Row {
  const {id, traderId, traderName, symbol, price, source, madeAtMs} = signal;
  const matchedConditions = storedConditions(signal);
  const row = rowOf('signal', id, {
    id,
    trader_id: traderId,
    trader_name: traderName,
    symbol,
    price,
    matched_conditions: matchedConditions,
    source,
    machine_id: machineId,
    created_at: isoTime(madeAtMs),
  });
  if (order === undefined) return row;
  const left: LeftSignal = {signal: {...signal, matchedConditions}, ...order};
  return {...row, task: JSON.stringify(left, storable)};
}

/** The signal of a row's `task`. */
export function leftSignalOf(task: string): LeftSignal {
  const left: LeftSignal = JSON.parse(task);
  // JSON has no NaN: it becomes null there.
  return {...left, signal: {...left.signal, price: left.signal.price ?? Number.NaN}};
}

function storedConditions({matchedConditions}: Signal): readonly string[] {
  const kept = matchedConditions.slice(0, CONDITIONS_MAX);
  const leftOut = matchedConditions.length - kept.length;
  return leftOut > 0 ? [...kept, `and ${leftOut} more`] : kept;
}

/** A signal's analysis. */
export function analysisRow(analysis: SignalAnalysis, {machineId}: RowOrigin): Row {
  const {id, signalId, analyser, decision, confidence, keyLevels, plan, analysedAtMs} = analysis;
  const row = rowOf('analysis', signalId, {
    id,
    signal_id: signalId,
    status: 'analysed',
    analyser,
    decision,
    confidence,
    key_levels: keyLevels,
    plan,
    machine_id: machineId,
    created_at: isoTime(analysedAtMs),
  });
  return {...row, task: null};
}

/** That a signal has no analysis, and why. One that the shutdown has failed is left to the next run. */
export function failureRow(failure: AnalysisFailure, {machineId}: RowOrigin): Row {
  const {signalId, reason, detail, failedAtMs} = failure;
  const row = rowOf('analysis', signalId, {
    signal_id: signalId,
    status: 'failed',
    failure_reason: reason,
    failure_detail: detail,
    machine_id: machineId,
    created_at: isoTime(failedAtMs),
  });
  return reason === 'shutdown' ? row : {...row, task: null};
}

/** An event of the machine, at a moment of the wall clock in epoch milliseconds. */
export function eventRow(id: string, event: MachineEvent, nowMs: number, origin: RowOrigin): Row {
  const {type, severity, message, details = {}} = event;
  return rowOf('event', id, {
    id,
    event_type: type,
    severity,
    message,
    details,
    machine_id: origin.machineId,
    created_at: isoTime(nowMs),
  });
}

/** The machine's figures at a moment of the wall clock in epoch milliseconds. */
export function metricRow(
  id: string,
  figures: MachineFigures,
  nowMs: number,
  origin: RowOrigin,
): Row {
  const columns = Object.entries(figures).map(([key, value]) => [snakeCase(key), value]);
  return rowOf('metric', id, {
    id,
    ...Object.fromEntries(columns),
    machine_id: origin.machineId,
    created_at: isoTime(nowMs),
  });
}

function rowOf(kind: RowKind, id: string, columns: Readonly<Record<string, unknown>>): Row {
  return {kind, id, json: JSON.stringify(columns, storable)};
}

/** Postgres takes neither U+0000 in a text nor half of a surrogate pair in JSON, and one such row would hold up all behind it. */
function storable(_key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const cut = value.length > TEXT_CHARS_MAX ? `${value.slice(0, TEXT_CHARS_MAX - 1)}…` : value;
  return cut.toWellFormed().replaceAll('\0', '\uFFFD');
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}
