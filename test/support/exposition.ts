import type {ExecutionContext} from 'ava';
import parse from 'parse-prometheus-text-format';

/** Samples of a page by `name{label="value",...}` with labels in alphabetical order, read by a parser that isn't ours. */
export type Samples = Map<string, number>;

/**
 * Reads a text page with a third party's parser. It is given no types: knowing a histogram, it would fold all label
 * sets of the family into one.
 */
export function parsePage(page: string | Uint8Array): Samples {
  const text = typeof page === 'string' ? page : new TextDecoder().decode(page);
  const samples: Samples = new Map();
  for (const {name, metrics} of parse(text.replace(/^# TYPE .*\n/gm, ''))) {
    for (const {labels = {}, value} of metrics) {
      samples.set(sampleKey(name, labels), Number(value.replace('Inf', 'Infinity')));
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

/** The lines of a page that fit. */
export function linesOf(text: string, pattern: RegExp): string[] {
  return text.split('\n').filter(line => pattern.test(line));
}
