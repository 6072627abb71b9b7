import type {Exemplar} from '../metrics/exemplar.js';
import {cellCountOf, type FamilySpec} from '../metrics/family.js';
import {observationCount, SUM_OFFSET} from '../metrics/summary-cells.js';
import type {TotalFamily, TotalSeries, Totals} from '../metrics/totals.js';

/** An exemplar as prom-client has it. */
export interface ExemplarJson {
  readonly labelSet: Readonly<Record<string, string>>;
  readonly value: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** A sample as prom-client's `getMetricsAsJSON()` has it. */
export interface SampleJson {
  readonly value: number;
  /** A summary's `quantile` and a histogram's `le` are numbers, but for `'+Inf'`. */
  readonly labels: Readonly<Record<string, string | number>>;
  /** Of a histogram's samples, and a summary's `_sum` and `_count`. */
  readonly metricName?: string;
  /** Of a counter's sample or a histogram's bucket that has one. */
  readonly exemplar?: ExemplarJson;
}

/** The samples of a family at the last refresh, in the shapes and the order of prom-client. */
export function samplesOf(totals: Totals, family: TotalFamily): SampleJson[] {
  return [...family.series.values()].flatMap(series => {
    if (series.isAged) return [];
    const labels = Object.fromEntries(totals.labelPairs(series));
    const read = {labels, cells: cellsOf(totals, series), exemplars: totals.exemplars.of(series)};
    switch (family.spec.type) {
      case 'histogram':
        return histogramSamples(family.spec, read);
      case 'summary':
        return summarySamples(family.spec, {...read, found: totals.quantiles(series)});
      default:
        return [{value: read.cells[0]!, labels, ...exemplarAt(read, 0)}];
    }
  });
}

function cellsOf({values}: Totals, {first, family}: TotalSeries): Float64Array {
  return values.subarray(first, first + cellCountOf(family.spec));
}

/** A series as it is read: its labels and what its cells hold. */
interface SeriesRead {
  readonly labels: Record<string, string>;
  readonly cells: Float64Array;
  readonly exemplars: ReadonlyMap<number, Exemplar> | undefined;
}

function exemplarAt({exemplars}: SeriesRead, offset: number): {exemplar?: ExemplarJson} {
  const exemplar = exemplars?.get(offset);
  if (exemplar === undefined) return {};
  const {labels, value, timestampSeconds: timestamp} = exemplar;
  return {exemplar: {labelSet: Object.fromEntries(labels), value, timestamp}};
}

function summarySamples(
  {name, quantiles}: FamilySpec,
  {labels, cells, found}: SeriesRead & {readonly found: readonly number[]},
): SampleJson[] {
  return [
    ...quantiles.map((quantile, i) => ({labels: {quantile, ...labels}, value: found[i] ?? 0})),
    {labels, value: cells[SUM_OFFSET]!, metricName: `${name}_sum`},
    {labels, value: observationCount(cells, 0), metricName: `${name}_count`},
  ];
}

function histogramSamples({name, buckets}: FamilySpec, read: SeriesRead): SampleJson[] {
  const {labels, cells} = read;
  let count = 0;
  const samples: SampleJson[] = [...buckets, '+Inf'].map((le, i) => {
    count += cells[i]!;
    const metricName = `${name}_bucket`;
    return {labels: {le, ...labels}, value: count, metricName, ...exemplarAt(read, i)};
  });
  const sum = cells[buckets.length + 1]!;
  samples.push({labels, value: sum, metricName: `${name}_sum`});
  samples.push({labels, value: count, metricName: `${name}_count`});
  return samples;
}
