import {type FamilySpec, isLabelName} from './family.js';

/**
 * UTF-16 code units of an exemplar's label names and values together: OpenMetrics 1.0.0 allows 128 characters. One with
 * more is refused where it is recorded, and on the wire.
 * https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars
 */
export const EXEMPLAR_LABELS_LENGTH_MAX = 128;

/** Seconds since 1970 of the latest moment that a `Date` can hold. Exemplars of later ones are refused. */
const TIMESTAMP_SECONDS_MAX = 8.64e12;

/** One recorded value by which others can be understood, such as that of one trace. */
export interface Exemplar {
  /** Names and values; each name once, all of them at most {@link EXEMPLAR_LABELS_LENGTH_MAX} long. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** Finite: what was added to a counter, or observed. */
  readonly value: number;
  /** Seconds since 1970, with a fraction. */
  readonly timestampSeconds: number;
}

/** Why an exemplar isn't shown; the `reason` label of `hub_exemplars_dropped_total`. */
export const EXEMPLAR_DROP_REASONS = [
  'malformed',
  'flush_limit',
  'hub_limit',
  'no_series',
] as const;

/** One of {@link EXEMPLAR_DROP_REASONS}. */
export type ExemplarDropReason = (typeof EXEMPLAR_DROP_REASONS)[number];

/** The family in which every thread counts the exemplars that it couldn't keep. */
export const EXEMPLARS_DROPPED = Object.freeze({
  name: 'hub_exemplars_dropped_total',
  help: 'Exemplars that were not kept, by reason; their samples were counted.',
  labelNames: Object.freeze(['reason'] as const),
});

/** True where each part is what a page can show, whoever made it. */
export function isExemplar(exemplar: {readonly [K in keyof Exemplar]?: unknown}): boolean {
  const {labels, value, timestampSeconds} = exemplar;
  const isInTime =
    typeof timestampSeconds === 'number' &&
    timestampSeconds >= 0 &&
    timestampSeconds <= TIMESTAMP_SECONDS_MAX;
  return isInTime && Number.isFinite(value) && areLabels(labels);
}

/** Whether a sample of a family may have the exemplar; `offset` counts from the series' first cell. */
export function canStandAt(
  {type, buckets}: FamilySpec,
  offset: number,
  {value}: Exemplar,
): boolean {
  if (type === 'counter') return offset === 0;
  if (type !== 'histogram' || offset > buckets.length) return false;
  return value > (buckets[offset - 1] ?? -Infinity) && value <= (buckets[offset] ?? Infinity);
}

function areLabels(labels: unknown): boolean {
  // A name has a character at least.
  if (!Array.isArray(labels) || labels.length > EXEMPLAR_LABELS_LENGTH_MAX) return false;
  const names = new Set<string>();
  let length = 0;
  for (const pair of labels as unknown[]) {
    if (!Array.isArray(pair) || pair.length !== 2) return false;
    const [name, value]: unknown[] = pair;
    if (!isLabelName(name) || typeof value !== 'string' || names.has(name)) return false;
    names.add(name);
    length += name.length + value.length;
  }
  return length <= EXEMPLAR_LABELS_LENGTH_MAX;
}
