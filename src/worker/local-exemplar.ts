import {EXEMPLAR_LABELS_LENGTH_MAX, type Exemplar} from '../metrics/exemplar.js';

/** The labels of an exemplar: any names, whichever labels the metric has. */
export type ExemplarLabels = Readonly<Partial<Record<string, string | number>>>;

/** An exemplar as `get()` shows it. */
export interface LocalExemplar {
  readonly labelSet: ExemplarLabels;
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/**
 * Makes an exemplar of this moment. It keeps the labels as they are now.
 * @throws RangeError, prom-client's, for labels that are too long.
 */
export function newExemplar(labelSet: ExemplarLabels, value: number): LocalExemplar {
  let text = '';
  for (const [name, label] of Object.entries(labelSet)) text += `${name}${label}`;
  if (text.length > EXEMPLAR_LABELS_LENGTH_MAX) {
    throw new RangeError('Label set size must be smaller than 128 UTF-8 chars');
  }
  return {labelSet: {...labelSet}, value, timestamp: Date.now() / 1_000};
}

/** The exemplar as the hub takes it, its labels as the texts that they are on a page. */
export function toldExemplar({labelSet, value, timestamp}: LocalExemplar): Exemplar {
  const labels = Object.entries(labelSet).map(([name, label]) => [name, String(label)] as const);
  return {labels, value, timestampSeconds: timestamp};
}
