import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {alertRules} from '../../src/dashboards/alerts.js';
import {RUNBOOKS_FOLDER} from '../../src/dashboards/write/files.js';
import {ALERT_CASES, type AlertCase} from '../support/alert-cases.js';
import {testWithProgram} from '../support/real-programs.js';
import {temporaryFolder} from '../support/temporary-folder.js';

const RULES = 'grafana/alerts.yml';

const run = promisify(execFile);
const rules = alertRules(RUNBOOKS_FOLDER).groups.flatMap(group => group.rules);

/** `ALERTS` as the rules' evaluation writes it, with the labels of each alert that fires. */
function firingSamples({alert, firing}: AlertCase) {
  const {severity} = rules.find(rule => rule.alert === alert)!.labels;
  return firing.map(labels => {
    const all = {alertname: alert, alertstate: 'firing', severity, ...labels};
    const text = Object.entries(all).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
    return {labels: `ALERTS{${text.join(', ')}}`, value: 1};
  });
}

/** A case of `promtool test rules`. JSON is YAML. */
function unitOf(entry: AlertCase) {
  return {
    interval: '15s',
    name: entry.title,
    input_series: Object.entries(entry.series).map(([series, values]) => ({series, values})),
    promql_expr_test: [
      {
        expr: `ALERTS{alertname="${entry.alert}", alertstate="firing"}`,
        eval_time: entry.at,
        exp_samples: firingSamples(entry),
      },
    ],
  };
}

testWithProgram('promtool', 'promtool accepts the alert rules', async t => {
  const {stdout} = await run('promtool', ['check', 'rules', RULES]);
  t.true(stdout.includes(`SUCCESS: ${rules.length} rules found`), stdout);
});

testWithProgram('vmalert', 'vmalert accepts the alert rules', async t => {
  await t.notThrowsAsync(run('vmalert', ['-dryRun', `-rule=${RULES}`]));
});

testWithProgram('vmalert', 'vmalert refuses rules that are broken', async t => {
  const file = join(temporaryFolder(t), 'broken.yml');
  const rule = {alert: 'Broken', expr: 'sum(', labels: {severity: 'warning'}};
  writeFileSync(file, JSON.stringify({groups: [{name: 'broken', rules: [rule]}]}));
  await t.throwsAsync(run('vmalert', ['-dryRun', `-rule=${file}`]));
});

test('every alert has a case in which it fires, and one in which it is silent', t => {
  for (const {alert} of rules) {
    const cases = ALERT_CASES.filter(entry => entry.alert === alert);
    t.true(
      cases.some(({firing}) => firing.length > 0),
      alert,
    );
    t.true(
      cases.some(({firing}) => firing.length === 0),
      alert,
    );
  }
});

for (const entry of ALERT_CASES) {
  testWithProgram('promtool', `promtool: ${entry.alert} ${entry.title}`, async t => {
    const file = join(temporaryFolder(t), 'test.yml');
    const text = {rule_files: [resolve(RULES)], evaluation_interval: '15s', tests: [unitOf(entry)]};
    writeFileSync(file, JSON.stringify(text));
    await t.notThrowsAsync(run('promtool', ['test', 'rules', file]));
  });
}

testWithProgram('promtool', 'promtool fails a case that expects what does not fire', async t => {
  const silent = ALERT_CASES.find(({firing}) => firing.length === 0)!;
  const file = join(temporaryFolder(t), 'test.yml');
  const wrong = unitOf({...silent, firing: [{instance: 'a'}]});
  writeFileSync(
    file,
    JSON.stringify({rule_files: [resolve(RULES)], evaluation_interval: '15s', tests: [wrong]}),
  );
  await t.throwsAsync(run('promtool', ['test', 'rules', file]));
});
