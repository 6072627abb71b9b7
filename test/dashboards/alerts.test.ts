import {readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {alertRules, EXECUTION_MS_MAX} from '../../src/dashboards/alerts.js';
import {FAMILIES} from '../../src/dashboards/families.js';
import {RUNBOOKS_FOLDER} from '../../src/dashboards/write/files.js';
import {EXECUTION_BUCKETS_MS} from '../../src/metrics/catalogue/buckets.js';
import {faultsOf} from '../support/queries.js';

const rules = alertRules(RUNBOOKS_FOLDER).groups.flatMap(group => group.rules);

/** What a runbook says, in this order. */
const HEADINGS = ['Meaning', 'Impact', 'Diagnosis', 'Mitigation'];

function runbook(name: string): string {
  return readFileSync(`${RUNBOOKS_FOLDER}/${name}`, 'utf8');
}

test('every alert has a CamelCase name of its own, a severity, a summary and a description', t => {
  for (const {alert, labels, annotations} of rules) {
    t.regex(alert, /^([A-Z][a-z]+)+$/);
    t.true(['critical', 'warning'].includes(labels.severity), alert);
    t.regex(annotations.summary, /^\S.{10,100}\.$/, alert);
    t.regex(annotations.description, /^[A-Z].{20,}\.$/, alert);
  }
  t.is(new Set(rules.map(({alert}) => alert)).size, rules.length);
});

test('every alert has its runbook, and every runbook its alert', t => {
  t.deepEqual(
    readdirSync(RUNBOOKS_FOLDER).toSorted(),
    rules.map(({alert}) => `${alert}.md`).toSorted(),
  );
  for (const {alert, annotations} of rules) {
    t.is(annotations.runbook_url, `${RUNBOOKS_FOLDER}/${alert}.md`);
  }
});

test('every runbook says meaning, impact, diagnosis and mitigation', t => {
  for (const {alert} of rules) {
    const text = runbook(`${alert}.md`);
    t.is(text.split('\n')[0], `# ${alert}`);
    t.deepEqual(
      [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
      HEADINGS,
      alert,
    );
    for (const part of text.split(/^## .*$/m).slice(1)) t.true(part.trim().length > 40, alert);
  }
});

test('every runbook diagnoses with queries of families that the machine has', t => {
  for (const {alert} of rules) {
    const found = [...runbook(`${alert}.md`).matchAll(/^```promql\n(.*?)\n```$/gms)];
    const queries = found.flatMap(([, lines = '']) => lines.split('\n'));
    t.true(queries.length > 0, alert);
    for (const query of queries) t.deepEqual(faultsOf(query), [], `${alert}: ${query}`);
  }
});

test('every family that a runbook names is one', t => {
  const names = new Set<string>(Object.values(FAMILIES).map(({name}) => name));
  const prefixes = [...new Set([...names].map(name => name.split('_')[0]))].join('|');
  for (const {alert} of rules) {
    const text = runbook(`${alert}.md`).replace(/^```.*?^```$/gms, '');
    for (const [, name = ''] of text.matchAll(new RegExp(`\`((?:${prefixes})_[a-z_]+)\``, 'g'))) {
      t.true(names.has(name), `${alert}: ${name}`);
    }
  }
});

test('alerts ask for families and labels that the machine has; counters are rates, no bucket is named', t => {
  for (const {alert, expr} of rules) t.deepEqual(faultsOf(expr), [], alert);
});

test('texts name only labels that their alert keeps', t => {
  for (const {alert, expr, annotations} of rules) {
    for (const [, label = ''] of `${annotations.summary}${annotations.description}`.matchAll(
      /\$labels\.(\w+)/g,
    )) {
      if (label === 'instance') continue;
      const dropped = [...expr.matchAll(/without \(([^)]*)\)/g)].flatMap(([, list = '']) =>
        list.split(', '),
      );
      t.false(dropped.includes(label), `${alert}: ${label}`);
    }
  }
});

test('thresholds fit what they watch', t => {
  t.true(EXECUTION_BUCKETS_MS.some(bound => bound === EXECUTION_MS_MAX));
});
