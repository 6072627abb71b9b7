import test from 'ava';
import {listen} from '../../src/http/server.js';
import {MetricsHub} from '../../src/index.js';
import {ENGINES_HERE} from '../http/serve.js';
import {parsePage, sampleKey} from '../support/exposition.js';

const HOSTILE = [
  '"',
  '\\',
  '\n',
  '\\n',
  '\\"',
  'a\r\tb',
  '{kind="x"} 1',
  '# HELP x',
  'ÄÖÜß',
  '漢字',
  '🚀',
  ' lead and trail ',
];

for (const engine of ENGINES_HERE) {
  test(`the page over a real ${engine} socket brings every label value through`, async t => {
    const hub = new MetricsHub();
    const jobs = hub.recorder.counter({name: 'jobs_total', help: 'J', labelNames: ['kind']});
    for (const [i, kind] of HOSTILE.entries()) jobs.inc({kind}, i + 1);
    const server = await listen({source: hub, port: 0, host: '127.0.0.1', engine});
    t.teardown(() => server.close());
    const response = await fetch(server.url);
    t.is(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const samples = parsePage(new Uint8Array(await response.arrayBuffer()));
    for (const [i, kind] of HOSTILE.entries()) {
      t.is(samples.get(sampleKey('jobs_total', {kind})), i + 1, JSON.stringify(kind));
    }
    t.is([...samples.keys()].filter(key => key.startsWith('jobs_total')).length, HOSTILE.length);
  });
}
