import type {ExecutionContext} from 'ava';
import parse from 'parse-prometheus-text-format';

/** Samples of a page by `name{label="value",...}` with labels in alphabetical order, read by a parser that isn't ours. */
export type Samples = Map<string, number>;

/** Reads a text page with a third party's parser. Buckets stand as `name_bucket{...,le="..."}`. */
export function parsePage(page: string | Uint8Array): Samples {
  const text = typeof page === 'string' ? page : new TextDecoder().decode(page);
  const samples: Samples = new Map();
  const put = (name: string, labels: Record<string, string>, value: string) => {
    samples.set(sampleKey(name, labels), Number(value.replace('Inf', 'Infinity')));
  };
  for (const {name, metrics} of parse(text)) {
    for (const {labels = {}, value, buckets, sum, count} of metrics) {
      if (value !== undefined) put(name, labels, value);
      for (const [le, bucket] of Object.entries(buckets ?? {})) {
        put(`${name}_bucket`, {...labels, le}, bucket);
      }
      if (sum !== undefined) put(`${name}_sum`, labels, sum);
      if (count !== undefined) put(`${name}_count`, labels, count);
    }
  }
  return samples;
}

/** The key of a sample in {@link Samples}. */
export function sampleKey(name: string, labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.keys(labels)
    .sort()
    .map(label => `${label}=${JSON.stringify(labels[label])}`);
  return `${name}{${pairs.join(',')}}`;
}

/** Compares pages taken one after another: no counter and no bucket may fall or leave. Returns how many it saw. */
export function watchMonotony(t: ExecutionContext, takePage: () => Uint8Array) {
  let last: Samples = new Map();
  let pageCount = 0;
  const look = () => {
    const next = parsePage(takePage());
    for (const [key, value] of last) {
      if (!/^\w+(_total|_bucket|_count)\{/.test(key)) continue;
      const now = next.get(key);
      if (now === undefined || now < value) t.fail(`${key} fell from ${value} to ${now}`);
    }
    last = next;
    pageCount++;
    return next;
  };
  return {look, pageCount: () => pageCount};
}
