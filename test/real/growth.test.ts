import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {Queries} from '../../src/dashboards/promql.js';
import {CATALOGUE} from '../../src/metrics/catalogue.js';
import {testWithProgram} from '../support/real-programs.js';
import {temporaryFolder} from '../support/temporary-folder.js';

const run = promisify(execFile);

/** A counter's values every 15 s in promtool's notation, and how much of them two hours' last one has brought. */
interface GrowthCase {
  readonly title: string;
  readonly values: string;
  readonly growth: number;
}

const CASES: readonly GrowthCase[] = [
  {title: 'all of a new series, its first value too', values: '_x300 20x180', growth: 20},
  {title: 'a new series that goes on', values: '_x300 20x20 21x40 45x120', growth: 45},
  {title: 'none of a series that stands still', values: '50x480', growth: 0},
  {title: 'what a known series has gained', values: '50x300 60x180', growth: 10},
  {title: 'a reset amid the hour, from 0', values: '50x300 7x180', growth: 7},
  {title: 'what came before a reset and after', values: '50x260 60x60 7x160', growth: 17},
  {
    title: 'the first values of a process whose forerunner ended before the hour',
    values: '50x200 stale _x100 20x180',
    growth: 20,
  },
  {
    title: 'nothing anew of a process that the scraper could not reach for a while',
    values: '50x200 stale _x100 50x180',
    growth: 0,
  },
  {
    title: 'a new series that was reset, less its first value',
    values: '_x300 20x60 25x40 7x80',
    growth: 12,
  },
];

for (const {title, values, growth} of CASES) {
  testWithProgram('promtool', `promtool: grown() counts ${title}`, async t => {
    const grown = new Queries('alert', '5m').grown('traderSignals', '1h');
    const unit = {
      interval: '15s',
      input_series: [{series: `${CATALOGUE.traderSignals.name}{instance="a"}`, values}],
      promql_expr_test: [
        {
          // `increase()` extrapolates by thousandths.
          expr: `round(${grown})`,
          eval_time: '2h',
          exp_samples: [{labels: '{instance="a"}', value: growth}],
        },
      ],
    };
    const file = join(temporaryFolder(t), 'test.yml');
    writeFileSync(file, JSON.stringify({evaluation_interval: '15s', tests: [unit]}));
    await t.notThrowsAsync(run('promtool', ['test', 'rules', file]));
  });
}
