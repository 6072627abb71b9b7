import type {FamilyOptions, FamilyType} from '../metrics/family.js';
import {FAMILIES} from './families.js';

/** Headings by the first word of a family's name; one that isn't here is its own heading. */
const HEADINGS: Readonly<Record<string, string>> = {
  hub: 'The hub itself',
  screener: 'The pool of screening workers',
  binance: 'The stream of the exchange',
  signals: 'Signals',
  analysis: 'Signals',
  sync: 'The database',
  trader: 'Traders',
  kline: 'Klines',
  process: 'The process',
  thread: 'Its threads',
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

/** docs/metrics.md: every family of the machine's page, in its order, by part. */
export function metricsPage(): string {
  const parts = new Map<string, string[]>();
  for (const family of Object.values(FAMILIES)) {
    const [word = ''] = family.name.split('_');
    const heading = HEADINGS[word] ?? `\`${word}_\``;
    parts.set(heading, [...(parts.get(heading) ?? []), familyText(family)]);
  }
  const sections = [...parts].map(([heading, texts]) => `## ${heading}\n\n${texts.join('\n\n')}\n`);
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
