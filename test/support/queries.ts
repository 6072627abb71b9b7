import {FAMILIES, type ShownKey} from '../../src/dashboards/families.js';

/** Labels that a scraper adds. */
const ORIGIN = ['app', 'instance'];

/** What the series of each family are called, with their labels: a histogram has three. */
const LABELS_OF_SERIES = new Map(Object.values(FAMILIES).flatMap(seriesOf));

function seriesOf(family: (typeof FAMILIES)[ShownKey]): [string, readonly string[]][] {
  const {name} = family;
  const labels = [...('labelNames' in family ? family.labelNames : []), ...ORIGIN];
  if (family.type !== 'histogram') return [[name, labels]];
  return [
    [`${name}_bucket`, [...labels, 'le']],
    [`${name}_sum`, labels],
    [`${name}_count`, labels],
  ];
}

/** What PromQL has, and MetricsQL too, of what the queries use. */
const FUNCTIONS = [
  'absent',
  'avg_over_time',
  'count',
  'deriv',
  'histogram_quantile',
  'increase',
  'max',
  'last_over_time',
  'max_over_time',
  'min',
  'min_over_time',
  'rate',
  'resets',
  'round',
  'sort_desc',
  'sum',
  'time',
  'topk',
];
const WORDS = ['and', 'offset', 'or', 'unless'];

/** Functions that make something of a counter. */
const OF_COUNTERS = /\b(rate|increase|resets|(max|min|last)_over_time)\([^()]*\)/g;

/** What a query is made of. */
interface Parts {
  readonly functions: readonly string[];
  /** Series, and the labels that their matchers name. */
  readonly selectors: readonly {readonly series: string; readonly labels: readonly string[]}[];
}

function partsOf(query: string): Parts {
  const bare = query
    .replace(/\b(by|without|on|group_left) \([^)]*\)/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\boffset \$?\w+/g, '')
    .replace(/\$\{(\w+):\w+\}/g, '$1');
  const tokens = [...bare.matchAll(/([a-z_]\w*)(\{[^}]*\})?(\s*\()?/g)].filter(
    ([, name = '']) => !WORDS.includes(name),
  );
  return {
    functions: tokens.flatMap(([, name = '', , call]) => (call === undefined ? [] : [name])),
    selectors: tokens.flatMap(([, series = '', matchers = '', call]) => {
      const labels = [...matchers.matchAll(/(\w+)(?:=~|!=|!~|=)["`]/g)].map(
        ([, label = '']) => label,
      );
      return call === undefined ? [{series, labels}] : [];
    }),
  };
}

/** What is wrong with a query: series, labels or functions that nobody has. */
export function faultsOf(query: string): string[] {
  const {functions, selectors} = partsOf(query);
  const faults = selectors.length === 0 ? ['selects nothing'] : [];
  const known = new Set(['le', ...ORIGIN]);
  for (const {series, labels} of selectors) {
    const has = LABELS_OF_SERIES.get(series);
    if (has === undefined) faults.push(`unknown series ${series}`);
    for (const label of has ?? []) known.add(label);
    for (const label of labels) if (!has?.includes(label)) faults.push(`${series} has no ${label}`);
  }
  for (const [, labels = ''] of query.matchAll(/\b(?:by|without|on) \(([^)]*)\)/g)) {
    for (const label of labels.split(', ')) if (!known.has(label)) faults.push(`no label ${label}`);
  }
  for (const name of functions) if (!FUNCTIONS.includes(name)) faults.push(`no function ${name}`);
  if (/\ble\s*(=~|!=|!~|=)/.test(query)) faults.push('names a bucket by its le');
  const bare = query.replace(OF_COUNTERS, '');
  if (/_total\b/.test(bare)) faults.push('shows a counter as it is');
  return faults;
}
