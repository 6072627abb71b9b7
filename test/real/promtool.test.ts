import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {Piscina} from 'piscina';
import {listen} from '../../src/http/server.js';
import {MetricsHub} from '../../src/index.js';
import {CATALOGUE} from '../../src/metrics/catalogue.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';
import {testWithProgram} from '../support/real-programs.js';

/** Names that the catalogue's users have fixed; promtool has nothing else to find. */
const FIXED_FINDINGS = Object.values(CATALOGUE)
  .filter(({name, type}) => name.endsWith('_ms') && type === 'histogram')
  .map(({name}) => `${name} metric names should not contain abbreviated units`);

async function lint(page: string): Promise<{code: number; findings: string[]}> {
  const promtool = spawn('promtool', ['check', 'metrics'], {stdio: ['pipe', 'pipe', 'pipe']});
  let output = '';
  promtool.stdout.on('data', data => {
    output += data;
  });
  promtool.stderr.on('data', data => {
    output += data;
  });
  promtool.stdin.end(page);
  const [code] = await once(promtool, 'close');
  return {code, findings: output.split('\n').filter(line => line !== '')};
}

testWithProgram(
  'promtool',
  'promtool finds nothing on the page but the names that are fixed',
  async t => {
    const machine = await startMachine(t, 2);
    fillStore(machine.store, ['AUSDT', 'BUSDT']);
    const names = ['plain', '"quoted" \\ back\nslash', 'äöü 漢字 🚀', '{a="b"} 1', ''];
    await machine.screen(names.map((name, i) => traderOf(`t${i}`, 'return true;', {name})));
    const server = await listen({source: machine.hub, port: 0, host: '127.0.0.1'});
    t.teardown(() => server.close());
    const page = await (await fetch(server.url)).text();
    const {code, findings} = await lint(page);
    t.is(code, 3);
    t.deepEqual(findings.sort(), FIXED_FINDINGS.sort());
  },
);

testWithProgram('promtool', 'promtool finds nothing on the page of a measured pool', async t => {
  const hub = new MetricsHub();
  hub.collectThreadMetrics();
  const filename = new URL('../fixtures/plain-task.js', import.meta.url).href;
  const pool = hub.instrument(new Piscina({filename, maxThreads: 1}));
  t.teardown(() => pool.destroy());
  await pool.run({act: 'return'});
  const page = new TextDecoder().decode(hub.renderPage().body);
  t.deepEqual(await lint(page), {code: 0, findings: []});
});

testWithProgram('promtool', 'promtool refuses a page that is broken', async t => {
  const {code} = await lint('jobs_total{kind="a} 1\n');
  t.not(code, 0);
  t.not(code, 3);
});
