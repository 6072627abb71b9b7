import {FAMILIES, type KeyOfType, type LabelOf, type ShownKey} from './families.js';

/** What the scraper says of a series' origin: Fly adds both, a Prometheus of one's own `instance` alone. */
export type OriginLabel = 'app' | 'instance';

/** Conditions on labels, each with its operator: `{status: '="connected"'}`. */
export type Matchers<Key extends ShownKey> = {readonly [L in LabelOf<Key>]?: string};

/** Labels that a query may keep. */
export type Kept<Key extends ShownKey> = readonly (LabelOf<Key> | OriginLabel)[];

/** A series' labels that a dashboard's variables choose. A scraper without `app` fits too: its variable allows none. */
const ORIGIN_MATCHERS = {app: '=~"$app"', instance: '=~"$instance"'};

/**
 * The trader's variable. `:regex` escapes names for a regular expression once, which a raw string takes as it is. Grafana's
 * own escaping leaves a double quote alone, which ends a quoted string: a trader named `a "b"` broke every panel. A
 * backtick in a name still does: PromQL has no string that escapes one without escaping backslashes too.
 */
const TRADER_MATCHER = `=~\`\${trader:regex}\``;

/** How long before a range a series is looked for: one with no value there is new. Longer outages of a scraper count twice. */
const KNOWN_WITHIN = '1d';

/** Where a query stands: in a panel the variables narrow it, an alert looks at every machine. */
type Scope = 'panel' | 'alert';

/** What a histogram's samples are called. */
type Suffix = '' | '_bucket' | '_sum' | '_count';

function selector(scope: Scope, key: ShownKey, matchers: object, suffix: Suffix): string {
  const family = FAMILIES[key];
  const labels: readonly string[] = 'labelNames' in family ? family.labelNames : [];
  const trader = labels.includes('trader_name') ? {trader_name: TRADER_MATCHER} : {};
  const all = scope === 'panel' ? {...ORIGIN_MATCHERS, ...trader, ...matchers} : matchers;
  const text = Object.entries(all).map(([label, condition]) => `${label}${condition}`);
  return family.name + suffix + (text.length > 0 ? `{${text.join(', ')}}` : '');
}

/** How a query is made in one scope. Ranges are PromQL's: `5m`, or a variable of Grafana. */
export class Queries {
  readonly #scope: Scope;
  readonly #range: string;

  /** @param range What rates, averages and quantiles look back at. */
  constructor(scope: Scope, range: string) {
    this.#scope = scope;
    this.#range = range;
  }

  /** A gauge as it is. */
  gauge<Key extends KeyOfType<'gauge'>>(key: Key, matchers: Matchers<Key> = {}): string {
    return selector(this.#scope, key, matchers, '');
  }

  /** A counter's growth a second. */
  rate<Key extends KeyOfType<'counter'>>(key: Key, matchers: Matchers<Key> = {}): string {
    return `rate(${selector(this.#scope, key, matchers, '')}[${this.#range}])`;
  }

  /**
   * A counter's growth over a range, the first value of a new series included: `increase()` begins to count at it, and a
   * trader's first screening, which makes the most signals, is over before the first scrape. A series is new where its
   * values of the range fell at no point, and don't go on from a value before it: then its highest value is its growth,
   * exactly. Any other is left to `increase()`. Both servers agree on all of these functions for such series; of one that
   * is new and was reset too, prometheus misses the first value, and victoria-metrics may not. It is never too much, but
   * for the few thousandths by which prometheus' `increase()` extrapolates.
   *
   * @param range Of PromQL, such as `1h`, or Grafana's `$__range`.
   */
  grown<Key extends KeyOfType<'counter'>>(
    key: Key,
    range: string,
    matchers: Matchers<Key> = {},
  ): string {
    const counter = selector(this.#scope, key, matchers, '');
    const within = `${counter}[${range}]`;
    const goesOn = `min_over_time(${within}) >= last_over_time(${counter}[${KNOWN_WITHIN}] offset ${range})`;
    const wasReset = `resets(${within}) > 0`;
    return `((max_over_time(${within}) unless ${goesOn} unless ${wasReset}) or increase(${within}))`;
  }

  /** The highest value of a counter over a range, that of an earlier process included. */
  highest<Key extends KeyOfType<'counter'>>(key: Key, range: string, offset?: string): string {
    const ago = offset === undefined ? '' : ` offset ${offset}`;
    return `max_over_time(${selector(this.#scope, key, {}, '')}[${range}]${ago})`;
  }

  /** Observations of a histogram a second. */
  observations<Key extends KeyOfType<'histogram'>>(key: Key): string {
    return `rate(${selector(this.#scope, key, {}, '_count')}[${this.#range}])`;
  }

  /** What a histogram's observations add up to a second: of times, the share of each second. */
  observed<Key extends KeyOfType<'histogram'>>(key: Key): string {
    return `rate(${selector(this.#scope, key, {}, '_sum')}[${this.#range}])`;
  }

  /** A histogram's buckets, each with its growth a second. */
  buckets<Key extends KeyOfType<'histogram'>>(key: Key): string {
    return `rate(${selector(this.#scope, key, {}, '_bucket')}[${this.#range}])`;
  }

  /** The mean observation: sums are divided by sums, so that it is right over many machines. */
  average<Key extends KeyOfType<'histogram'>>(key: Key, kept: Kept<Key> = []): string {
    return `${by('sum', kept, this.observed(key))} / ${by('sum', kept, this.observations(key))}`;
  }

  /** A quantile of the observations, interpolated within its bucket. Buckets are added up, quantiles never. */
  quantile<Key extends KeyOfType<'histogram'>>(q: number, key: Key, kept: Kept<Key> = []): string {
    const buckets = this.buckets(key);
    return `histogram_quantile(${q}, ${by('sum', [...kept, 'le'], buckets)})`;
  }
}

/** Aggregates, keeping these labels only. */
export function by(
  aggregation: 'sum' | 'max' | 'min' | 'avg' | 'count',
  kept: readonly string[],
  query: string,
): string {
  return kept.length === 0
    ? `${aggregation}(${query})`
    : `${aggregation} by (${kept.join(', ')}) (${query})`;
}

/** Adds labels that a family lacks: those of another gauge's series with the same `on`, whose own values count for nothing. */
export function withLabelsOf(source: string, on: string, query: string): string {
  return `0 * ${source} + on (${on}) group_left () ${query}`;
}

/** Aggregates over these labels, keeping all others, whatever the scraper has added. */
export function without(
  aggregation: 'sum' | 'max',
  left: readonly string[],
  query: string,
): string {
  return `${aggregation} without (${left.join(', ')}) (${query})`;
}
