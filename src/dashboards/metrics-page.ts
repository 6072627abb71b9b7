import {HUB_FAMILIES} from '../metrics/catalogue/hub.js';
import {KLINE_FAMILIES, STREAM_FAMILIES} from '../metrics/catalogue/market.js';
import {POOL_FAMILIES} from '../metrics/catalogue/pool.js';
import {SIGNAL_FAMILIES} from '../metrics/catalogue/signals.js';
import {SYNC_FAMILIES} from '../metrics/catalogue/sync.js';
import {TRADER_FAMILIES} from '../metrics/catalogue/traders.js';
import type {FamilyOptions, FamilyType} from '../metrics/family.js';
import {PROCESS_FAMILIES, THREAD_FAMILIES} from '../metrics/thread-families.js';

/** The catalogue's parts, in the order of the page. */
const SECTIONS: Readonly<Record<string, Readonly<Record<string, Declared>>>> = {
  'The hub itself': HUB_FAMILIES,
  'The process': PROCESS_FAMILIES,
  'Its threads': THREAD_FAMILIES,
  'The pool of screening workers': POOL_FAMILIES,
  'The stream of the exchange': STREAM_FAMILIES,
  Signals: SIGNAL_FAMILIES,
  'The database': SYNC_FAMILIES,
  Traders: TRADER_FAMILIES,
  Klines: KLINE_FAMILIES,
};

const INTRODUCTION = `# Metrics

Written by \`npm run docs\` from the catalogue ([src/metrics/catalogue](../src/metrics/catalogue)); changes belong there.

Each family with its type, labels, meaning and a query to start with. A scraper adds labels of its own, such as
\`instance\`; where several machines are scraped, name one: \`{instance="..."}\`. A histogram \`x\` is scraped as \`x_bucket\`,
\`x_sum\` and \`x_count\`. The query of a counter shows its growth a second, that of a histogram the value that 95 % of
the observations stay below, both over five minutes.
`;

/** What the page shows of a family. */
type Declared = FamilyOptions & {readonly type: FamilyType};

/** docs/metrics.md: every family of the machine's page. */
export function metricsPage(): string {
  const sections = Object.entries(SECTIONS).map(
    ([heading, families]) =>
      `## ${heading}\n\n${Object.values(families).map(familyText).join('\n\n')}\n`,
  );
  return [INTRODUCTION, ...sections].join('\n');
}

function familyText(family: Declared): string {
  const {
    name,
    type,
    help,
    labelNames = [],
    buckets,
  } = family as Declared & {
    readonly buckets?: readonly number[];
  };
  const labels = labelNames.map(label => `\`${label}\``).join(', ');
  const facts = [
    `- Type: ${type}${labels === '' ? ', no labels' : `, labels ${labels}`}`,
    ...(buckets === undefined ? [] : [`- Buckets: ${buckets.join(', ')}`]),
  ];
  return [`### ${name}`, help, facts.join('\n'), `\`\`\`promql\n${starter(family)}\n\`\`\``].join(
    '\n\n',
  );
}

/** A query that is of use for a family of this type. */
function starter({name, type, labelNames = []}: Declared): string {
  const kept = labelNames.join(', ');
  const sum = (labels: string) => (labels === '' ? 'sum' : `sum by (${labels})`);
  if (type === 'counter') return `${sum(kept)} (rate(${name}[5m]))`;
  if (type === 'gauge') return name;
  const labels = kept === '' ? 'le' : `${kept}, le`;
  return `histogram_quantile(0.95, ${sum(labels)} (rate(${name}_bucket[5m])))`;
}
