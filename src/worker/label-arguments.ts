import {inspect} from 'node:util';
import type {WireLabel} from '../metrics/delta.js';
import {OWN_SLOT} from '../metrics/series.js';
import type {LabelValues} from '../prom-client.js';

/** A label set as prom-client takes it: any of the family's labels. `OWN_SLOT` stands for the slot of this worker. */
export type RecordLabels<T extends string> = Partial<Record<T, string | number | typeof OWN_SLOT>>;

/** A label set of which nothing is known yet. */
export type AnyLabels = Readonly<Record<string, unknown>>;

/** As prom-client tells labels from a value. */
export function isLabels(value: unknown): value is AnyLabels {
  return typeof value === 'object' && value !== null;
}

/**
 * The label set of `labels(...)` or `remove(...)`, which is given as one object or as a list of values. A copy: an object
 * that its caller changes later makes no other series of this one.
 * @throws Error for a list of another length than the label names.
 */
export function labelsOf(labelNames: readonly string[], values: readonly unknown[]): AnyLabels {
  const first = values[0];
  const labels: Record<string, unknown> = {};
  if (typeof first === 'object' && first !== null) {
    // Those that it inherits, too: a record that is given the object itself reads them as well.
    for (const name in first) labels[name] = (first as AnyLabels)[name];
    return labels;
  }
  if (first === null) return labels;
  if (values.length !== labelNames.length) {
    throw new Error(
      `Invalid number of arguments (${values.length}): "${values.join(', ')}" for label names ` +
        `(${labelNames.length}): "${labelNames.join(', ')}".`,
    );
  }
  for (let i = 0; i < labelNames.length; i++) labels[labelNames[i]!] = values[i];
  return labels;
}

/** @throws Error for a label that the metric doesn't have. */
export function checkLabels(labelNames: readonly string[], labels: AnyLabels): void {
  for (const name in labels) {
    if (!labelNames.includes(name)) {
      throw new Error(
        `Added label "${name}" is not included in initial labelset: ${inspect(labelNames)}`,
      );
    }
  }
}

/** The label set that was declared by `wire`, in the form in which it can be looked up again. */
export function labelsOfWire(labelNames: readonly string[], wire: readonly WireLabel[]): AnyLabels {
  const labels: Record<string, unknown> = {};
  for (const [i, name] of labelNames.entries()) {
    const value = wire[i] ?? null;
    if (value !== null) labels[name] = value === true ? OWN_SLOT : value;
  }
  return labels;
}

/** The label set as `get()` shows it. The slot of this worker is left out: only the hub knows it. */
export function shownLabels<T extends string>(labels: AnyLabels): LabelValues<T> {
  const shown = Object.entries(labels).filter(([, value]) => value !== OWN_SLOT);
  return Object.fromEntries(shown) as LabelValues<T>;
}
