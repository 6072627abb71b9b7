import test from 'ava';
import {FAMILIES} from '../../src/dashboards/families.js';
import {metricsPage} from '../../src/dashboards/metrics-page.js';
import {docsFiles} from '../../src/dashboards/write/files.js';
import {assertWritten} from '../support/generated.js';
import {faultsOf} from '../support/queries.js';

test('docs/metrics.md is what `npm run docs` writes', t => {
  assertWritten(t, docsFiles(), 'npm run docs');
});

test('metricsPage() names each family once, with type, labels, meaning and a query', t => {
  const page = metricsPage();
  const parts = page.split(/^### /m).slice(1);
  t.deepEqual(
    parts.map(part => part.split('\n')[0]).toSorted(),
    Object.values(FAMILIES)
      .map(({name}) => name as string)
      .toSorted(),
  );
  for (const family of Object.values(FAMILIES)) {
    const part = parts.find(text => text.startsWith(`${family.name}\n`)) ?? '';
    t.true(part.includes(family.help), family.name);
    t.true(part.includes(`- Type: ${family.type}, `), family.name);
    const labels: readonly string[] = 'labelNames' in family ? family.labelNames : [];
    for (const label of labels) t.true(part.includes(`\`${label}\``), family.name);
    const [, query = ''] = /```promql\n(.*)\n```/.exec(part) ?? [];
    t.deepEqual(faultsOf(query), [], family.name);
  }
});
