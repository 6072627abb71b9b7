import type {FamilySpec} from '../metrics/family.js';
import type {TotalFamily, TotalSeries, Totals} from '../metrics/totals.js';

/** A sample as prom-client's `getMetricsAsJSON()` has it. */
export interface SampleJson {
  readonly value: number;
  /** A histogram's `le` is a number, but for `'+Inf'`. */
  readonly labels: Readonly<Record<string, string | number>>;
  /** Of a histogram's samples only. */
  readonly metricName?: string;
}

/** The samples of a family at the last refresh, in the shapes and the order of prom-client. */
export function samplesOf(totals: Totals, family: TotalFamily): SampleJson[] {
  return [...family.series.values()].flatMap(series => {
    const labels = Object.fromEntries(totals.labelPairs(series));
    return family.spec.type === 'histogram'
      ? histogramSamples(family.spec, {labels, cells: cellsOf(totals, series)})
      : [{value: totals.values[series.first]!, labels}];
  });
}

function cellsOf({values}: Totals, {first, family}: TotalSeries): Float64Array {
  return values.subarray(first, first + family.spec.buckets.length + 2);
}

function histogramSamples(
  {name, buckets}: FamilySpec,
  {labels, cells}: {labels: Record<string, string>; cells: Float64Array},
): SampleJson[] {
  let count = 0;
  const samples: SampleJson[] = [...buckets, '+Inf'].map((le, i) => {
    count += cells[i]!;
    return {labels: {le, ...labels}, value: count, metricName: `${name}_bucket`};
  });
  const sum = cells[buckets.length + 1]!;
  samples.push({labels, value: sum, metricName: `${name}_sum`});
  samples.push({labels, value: count, metricName: `${name}_count`});
  return samples;
}
