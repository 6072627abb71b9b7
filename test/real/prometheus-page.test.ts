import {execFile} from 'node:child_process';
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {testWithProgram} from '../support/real-programs.js';
import {temporaryFolder} from '../support/temporary-folder.js';

const run = promisify(execFile);

/** A file that docs/prometheus.md shows: its first line is its name. */
function shownFile(name: string): string {
  const page = readFileSync('docs/prometheus.md', 'utf8');
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
  const shown = blocks.find(text => text.startsWith(`# ${name}\n`));
  if (shown === undefined) throw new Error(`Expected docs/prometheus.md to show ${name}`);
  return shown;
}

testWithProgram(
  'promtool',
  'promtool accepts the prometheus.yml of docs/prometheus.md',
  async t => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'prometheus.yml');
    writeFileSync(file, shownFile('prometheus.yml'));
    copyFileSync('grafana/alerts.yml', join(folder, 'alerts.yml'));
    await t.notThrowsAsync(run('promtool', ['check', 'config', file]));
  },
);

testWithProgram(
  'victoria-metrics',
  'victoria-metrics accepts the scrape.yml of docs/prometheus.md, and refuses its prometheus.yml as the page says',
  async t => {
    const folder = temporaryFolder(t);
    const check = (name: string) => {
      const file = join(folder, name);
      writeFileSync(file, shownFile(name));
      return run('victoria-metrics', [`-promscrape.config=${file}`, '-dryRun'], {cwd: folder});
    };
    await t.notThrowsAsync(check('scrape.yml'));
    const refused = await t.throwsAsync<Error & {stderr: string}>(check('prometheus.yml'));
    t.regex(refused?.stderr ?? '', /alerting/);
  },
);
