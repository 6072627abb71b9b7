/**
 * The wire page: every message that a worker and the hub exchange, and how the binary one is laid out.
 * Messages of one worker arrive in the order they were posted, and all of them before its port closes.
 */
import {EXEMPLAR_LABELS_LENGTH_MAX, type Exemplar, isExemplar} from './exemplar.js';
import {
  defineFamily,
  FAMILY_TYPES,
  type FamilySpec,
  type FamilyType,
  LABELS_MAX,
  shown,
} from './family.js';
import {LEDGER_CELLS_MAX} from './ledger.js';

/** Goes up with every incompatible change of this page. A hub refuses workers that speak another one. */
export const PROTOCOL_VERSION = 1;

/** The key that tells a hello from the user's own messages on the same `'message'` event. */
export const HELLO_KEY = 'threadtally';

/** Cells a delta message (768 KiB). A flush of more posts several; the hub refuses a larger one. */
export const DELTA_CELLS_MAX = 65_536;

/** UTF-16 code units a label value. Series with longer ones are dropped with the reason `label_too_long`. */
export const LABEL_VALUE_LENGTH_MAX = 1_024;

/**
 * Exemplars a message, and so a flush: at most about 0.5 MB. Those of further cells are dropped by the worker, which
 * counts them in `hub_exemplars_dropped_total{reason="flush_limit"}`; the hub refuses a longer message.
 */
export const EXEMPLARS_PER_MESSAGE_MAX = 1_000;

/** Stands for "the slot of the worker that records this", which only the hub knows. */
export const WIRE_OWN_SLOT = true;

/** A label's value on the wire: a text, absent (`null`), or the recording worker's slot ({@link WIRE_OWN_SLOT}). */
export type WireLabel = string | null | typeof WIRE_OWN_SLOT;

/** The first message, on the worker's own `parentPort`: its port to the hub rides along. */
export interface Hello<P> {
  readonly threadtally: number;
  /** Unlike any other channel's. */
  readonly channel: string;
  readonly threadId: number;
  readonly port: P;
  /** {@link CONTROL_WORDS} BigInt64, read and written with `Atomics` only. */
  readonly control: SharedArrayBuffer;
}

/** Written by the hub: sequence number of the last delta that it merged. */
export const CONTROL_HEARD = 0;

/** Written by the worker: sequence number of the last delta that it posted, after it was posted. */
export const CONTROL_POSTED = 1;

/** Written by the worker: how many series it has retired, after each notice and before the cells are zeroed. */
export const CONTROL_RETIRED = 2;

/** BigInt64 in a channel's control memory. */
export const CONTROL_WORDS = 3;

/** Views a channel's control memory; undefined where it is too small or not whole. */
export function viewControl(control: SharedArrayBuffer): BigInt64Array | undefined {
  const bytes = CONTROL_WORDS * BigInt64Array.BYTES_PER_ELEMENT;
  return control.byteLength < bytes ? undefined : new BigInt64Array(control, 0, CONTROL_WORDS);
}

/** New cells stand in shared memory; the hub reads them when the worker has died. */
export interface SegmentMessage {
  readonly kind: 'segment';
  readonly firstCell: number;
  readonly buffer: SharedArrayBuffer;
}

/** A family, once a worker; `family` counts up from 0. */
export interface FamilyMessage {
  readonly kind: 'family';
  readonly family: number;
  readonly spec: FamilySpec;
}

/** A series, once a worker, posted before its first cell can hold anything. */
export interface SeriesMessage {
  readonly kind: 'series';
  readonly family: number;
  readonly cell: number;
  readonly labels: readonly WireLabel[];
}

/** The worker has removed this series; its cells will be another's. A delta with its last values came before. */
export interface RetireMessage {
  readonly kind: 'retire';
  readonly cell: number;
}

/** An exemplar of what one cell counts: a counter's, or that of a histogram's bucket. */
export interface WireExemplar extends Exemplar {
  readonly cell: number;
}

/**
 * The latest exemplars since the flush before; posted before the delta with their counts, so that whoever waits for that
 * delta finds them. A hub that doesn't know the message refuses it alone, so it is no change of the protocol's version.
 */
export interface ExemplarsMessage {
  readonly kind: 'exemplars';
  readonly exemplars: readonly WireExemplar[];
}

/** All that isn't a number: what the hub must know before it can read numbers, and exemplars of them. */
export type Declaration =
  | SegmentMessage
  | FamilyMessage
  | SeriesMessage
  | RetireMessage
  | ExemplarsMessage;

/** Numbers: `cells[i]` now holds `values[i]`. Values are absolute, so the hub can tell what it already merged. */
export interface Delta {
  /** Counts up from 1 a worker. */
  readonly sequence: number;
  readonly cells: Uint32Array;
  readonly values: Float64Array;
}

// Layout of a delta: version u32, cell count u32, sequence f64, then the values (f64), then the cells (u32).
export const DELTA_HEADER_BYTES = 16;
const BYTES_PER_CELL = 12;

/** Lays a delta out as one transferable buffer of 16 + 12 x cells bytes. */
export function encodeDelta(
  sequence: number,
  cells: ArrayLike<number>,
  values: ArrayLike<number>,
): ArrayBuffer {
  const count = cells.length;
  const buffer = new ArrayBuffer(DELTA_HEADER_BYTES + BYTES_PER_CELL * count);
  const head = new Uint32Array(buffer, 0, 2);
  head[0] = PROTOCOL_VERSION;
  head[1] = count;
  new Float64Array(buffer, 8, 1)[0] = sequence;
  new Float64Array(buffer, DELTA_HEADER_BYTES, count).set(values);
  new Uint32Array(buffer, DELTA_HEADER_BYTES + 8 * count, count).set(cells);
  return buffer;
}

/** Views a delta in place, or returns what is wrong with it as a text. */
export function decodeDelta(buffer: ArrayBuffer): Delta | string {
  if (buffer.byteLength < DELTA_HEADER_BYTES) {
    return `expected at least ${DELTA_HEADER_BYTES} bytes, got ${buffer.byteLength}`;
  }
  const [version = 0, count = 0] = new Uint32Array(buffer, 0, 2);
  if (version !== PROTOCOL_VERSION) return `expected version ${PROTOCOL_VERSION}, got ${version}`;
  const expectedBytes = DELTA_HEADER_BYTES + BYTES_PER_CELL * count;
  if (buffer.byteLength !== expectedBytes) {
    return `expected ${expectedBytes} bytes for ${count} cells, got ${buffer.byteLength}`;
  }
  if (count > DELTA_CELLS_MAX) return `expected at most ${DELTA_CELLS_MAX} cells, got ${count}`;
  const sequence = new Float64Array(buffer, 8, 1)[0]!;
  if (!Number.isSafeInteger(sequence) || sequence < 1) {
    return `expected a sequence number from 1, got ${sequence}`;
  }
  return {
    sequence,
    values: new Float64Array(buffer, DELTA_HEADER_BYTES, count),
    cells: new Uint32Array(buffer, DELTA_HEADER_BYTES + 8 * count, count),
  };
}

/** Checks a message that isn't a delta, or returns what is wrong with it as a text. */
export function decodeDeclaration(message: unknown): Declaration | string {
  if (!isRecord(message)) return `expected a declaration, got ${typeof message}`;
  switch (message.kind) {
    case 'segment':
      return decodeSegment(message);
    case 'family':
      return decodeFamily(message);
    case 'series':
      return decodeSeries(message);
    case 'retire':
      return isCell(message.cell)
        ? {kind: 'retire', cell: message.cell}
        : 'expected a cell to retire';
    case 'exemplars':
      return decodeExemplars(message);
    default:
      return `expected a known kind of declaration, got ${textOrType(message.kind)}`;
  }
}

/** Tells a hello of this library, of whichever version, from any other message. */
export function isHello(message: unknown): message is Record<string, unknown> {
  return isRecord(message) && typeof message[HELLO_KEY] === 'number' && 'channel' in message;
}

function decodeSegment({firstCell, buffer}: Record<string, unknown>): SegmentMessage | string {
  if (!isCell(firstCell)) return 'expected the first cell of a segment';
  if (!(buffer instanceof SharedArrayBuffer) || !isWholeCells(buffer.byteLength)) {
    return 'expected a segment in a SharedArrayBuffer of whole cells';
  }
  if (firstCell + buffer.byteLength / 8 > LEDGER_CELLS_MAX) {
    return `expected at most ${LEDGER_CELLS_MAX} cells, got a segment beyond them`;
  }
  return {kind: 'segment', firstCell, buffer};
}

function decodeFamily({family, spec}: Record<string, unknown>): FamilyMessage | string {
  if (!isCell(family) || !isRecord(spec)) return 'expected a family with its number';
  const {type} = spec;
  if (!isFamilyType(type)) return `expected a known metric type, got ${textOrType(type)}`;
  try {
    return {kind: 'family', family, spec: defineFamily(type, spec as unknown as FamilySpec)};
  } catch (error) {
    return (error as Error).message;
  }
}

function decodeSeries({family, cell, labels}: Record<string, unknown>): SeriesMessage | string {
  if (!isCell(family) || !isCell(cell)) return 'expected a series with its family and cell';
  if (!Array.isArray(labels) || labels.length > LABELS_MAX || !labels.every(isWireLabel)) {
    return `expected at most ${LABELS_MAX} label values of at most ${LABEL_VALUE_LENGTH_MAX} characters`;
  }
  return {kind: 'series', family, cell, labels};
}

function decodeExemplars({exemplars}: Record<string, unknown>): ExemplarsMessage | string {
  if (!Array.isArray(exemplars) || exemplars.length > EXEMPLARS_PER_MESSAGE_MAX) {
    return `expected a list of at most ${EXEMPLARS_PER_MESSAGE_MAX} exemplars`;
  }
  const decoded: WireExemplar[] = [];
  for (const exemplar of exemplars as unknown[]) {
    if (!isRecord(exemplar) || !isCell(exemplar.cell) || !isExemplar(exemplar)) {
      return (
        'expected exemplars with a cell, a finite value, a timestamp and labels of at most ' +
        `${EXEMPLAR_LABELS_LENGTH_MAX} characters`
      );
    }
    // Its parts alone: what else rides along would stay as long as the exemplar.
    const {cell, labels, value, timestampSeconds} = exemplar as unknown as WireExemplar;
    const pairs = labels.map(([name, text]) => [name, text] as const);
    decoded.push({cell, labels: pairs, value, timestampSeconds});
  }
  return {kind: 'exemplars', exemplars: decoded};
}

function isFamilyType(type: unknown): type is FamilyType {
  return FAMILY_TYPES.includes(type as FamilyType);
}

function isWholeCells(bytes: number): boolean {
  return bytes > 0 && bytes % Float64Array.BYTES_PER_ELEMENT === 0;
}

/** Never `String()` of what came: an object's own `toString` may be anything, and the hub mustn't throw. */
function textOrType(value: unknown): string {
  return typeof value === 'string' ? shown(value) : typeof value;
}

function isWireLabel(value: unknown): value is WireLabel {
  if (typeof value === 'string') return value.length <= LABEL_VALUE_LENGTH_MAX;
  return value === null || value === WIRE_OWN_SLOT;
}

function isCell(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
