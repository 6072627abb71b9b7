import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import type {PageFormat, PageSource} from '../../src/http/routes.js';
import {listen} from '../../src/http/server.js';
import {MetricsHub} from '../../src/index.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {testWithProgram} from '../support/real-programs.js';

/** Prometheus has no event to wait for: its API is asked so often, and for so long. */
const POLL_INTERVAL_MS = 200;
const POLL_COUNT_MAX = 300;

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as {port: number};
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a prometheus that scrapes the target every second, and ends it with the test. Resolves with its URL. */
async function startPrometheus(t: ExecutionContext, target: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'threadtally-prometheus-'));
  const config = join(folder, 'prometheus.yml');
  // JSON is YAML.
  const job = {job_name: 'hub', static_configs: [{targets: [target]}]};
  const text = {global: {scrape_interval: '1s', scrape_timeout: '1s'}, scrape_configs: [job]};
  await writeFile(config, JSON.stringify(text));
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=error',
  ];
  const child = spawn('prometheus', args, {stdio: 'ignore'});
  const closed = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
    await rm(folder, {recursive: true, force: true});
  });
  return `http://${address}`;
}

/** The newest samples of a selector; none while Prometheus starts. */
async function query(prometheus: string, selector: string): Promise<readonly Found[]> {
  const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(selector)}`;
  const answer = await fetch(url).catch(() => undefined);
  if (answer?.ok !== true) return [];
  const {data} = (await answer.json()) as {data: {result: readonly Found[]}};
  return data.result;
}

/** Asks until the answer fits. */
async function poll(
  ask: () => Promise<readonly Found[]>,
  fits: (found: readonly Found[]) => boolean,
) {
  for (let i = 0; i < POLL_COUNT_MAX; i++) {
    const found = await ask();
    if (fits(found)) return found;
    await setTimeout(POLL_INTERVAL_MS);
  }
  throw new Error(`Expected Prometheus to find it within ${POLL_COUNT_MAX} questions`);
}

/** A sample's key, without what Prometheus adds, `le` as on the text page. */
function keyOf({metric}: Found): string {
  const {__name__: name = '', job: _job, instance: _instance, ...labels} = metric;
  const {le = '+Inf'} = labels;
  return sampleKey(name, le === '+Inf' ? labels : {...labels, le: String(Number(le))});
}

/** A hub with a family of each type that no scrape changes. */
function newHub(): MetricsHub {
  const hub = new MetricsHub();
  const names = ['plain', '"quoted" \\ back\nslash', 'äöü 漢字 🚀', '{a="b"} 1'];
  const jobs = hub.recorder.counter({
    name: 'test_jobs_total',
    help: 'Jobs "done"\nby \\ name.',
    labelNames: ['name'],
  });
  for (const [i, name] of names.entries()) jobs.inc({name}, 2 ** (i * 17));
  hub.recorder.gauge({name: 'test_level', help: 'Level.'}).set(-1.25e-9);
  const buckets = [0.005, 1, 5, 1e6, 1e21];
  const time = hub.recorder.histogram({name: 'test_time_ms', help: 'Time.', buckets});
  for (const value of [0.001, 0.005, 3, 5, 5.5, 1e9, 1e300]) time.observe(value);
  hub.recorder
    .counter({name: 'test_twin_total', help: 'Both names are one in OpenMetrics.'})
    .inc(7);
  hub.recorder.gauge({name: 'test_twin', help: 'Both names are one in OpenMetrics.'}).set(8);
  return hub;
}

testWithProgram(
  'prometheus',
  'prometheus scrapes OpenMetrics and finds the totals of the text page',
  async t => {
    const hub = newHub();
    const formats = new Set<PageFormat>();
    const source: PageSource = {
      renderPage(format) {
        formats.add(format);
        return hub.renderPage(format);
      },
    };
    const server = await listen({source, port: 0, host: '127.0.0.1'});
    t.teardown(() => server.close());
    const expected = [...parsePage(hub.renderPage().body)].filter(([key]) => /^test_/.test(key));
    t.is(expected.length, 4 + 1 + 8 + 2);
    const prometheus = await startPrometheus(t, `127.0.0.1:${server.port}`);
    const found = await poll(
      () => query(prometheus, '{__name__=~"test_.+"}'),
      ({length}) => length > 0,
    );
    t.deepEqual(
      new Map(found.map(sample => [keyOf(sample), Number(sample.value[1])] as const).toSorted()),
      new Map(expected.toSorted()),
    );
    const le = found.flatMap(({metric}) => (metric.le === undefined ? [] : [metric.le]));
    t.deepEqual(le.toSorted(), ['+Inf', '0.005', '1.0', '1e+06', '1e+21', '5.0']);
    const up = await poll(
      () => query(prometheus, 'up'),
      ({length}) => length > 0,
    );
    t.deepEqual(
      up.map(({value}) => value[1]),
      ['1'],
    );
    t.deepEqual([...formats], ['openmetrics']);
  },
);

testWithProgram(
  'prometheus',
  'prometheus follows totals that grow, over compressed scrapes',
  async t => {
    const hub = newHub();
    const jobs = hub.recorder.counter({name: 'test_jobs_total', help: 'J', labelNames: ['name']});
    const server = await listen({source: hub, port: 0, host: '127.0.0.1'});
    t.teardown(() => server.close());
    const prometheus = await startPrometheus(t, `127.0.0.1:${server.port}`);
    for (const total of [3, 5]) {
      jobs.inc({name: 'plain'}, 2);
      const isThere = ([found]: readonly Found[]) => found?.value[1] === String(total);
      const ask = () => query(prometheus, 'test_jobs_total{name="plain"}');
      t.is((await poll(ask, isThere)).length, 1);
    }
  },
);
