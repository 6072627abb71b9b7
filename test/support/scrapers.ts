import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {sampleKey} from './exposition.js';
import {freePort} from './free-port.js';

/** A scraper has no event to wait for: its API is asked so often, and for so long. */
const POLL_INTERVAL_MS = 200;
const POLL_COUNT_MAX = 300;

/** A sample that a scraper's query API returns. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** What differs between the scrapers. */
interface ScraperProgram {
  readonly program: string;
  readonly args: (paths: {config: string; data: string; address: string}) => string[];
}

const PROMETHEUS: ScraperProgram = {
  program: 'prometheus',
  args: ({config, data, address}) => [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=${address}`,
    '--log.level=error',
    '--enable-feature=exemplar-storage',
  ],
};

const VICTORIA_METRICS: ScraperProgram = {
  program: 'victoria-metrics',
  args: ({config, data, address}) => [
    `-promscrape.config=${config}`,
    `-storageDataPath=${data}`,
    `-httpListenAddr=${address}`,
    // By default a query doesn't see the last 30 seconds.
    '-search.latencyOffset=1ms',
    '-loggerLevel=ERROR',
  ],
};

/** Labels that a scraper puts on every series; with those of Fly it adds no `job`. */
export type ScraperLabels = Readonly<Record<string, string>>;

/** What Fly's scraper adds, overwriting labels of those names. */
export const FLY_LABELS: ScraperLabels = {
  app: 'threadtally',
  region: 'fra',
  host: '0a1b',
  instance: '148e21ea7e4589',
};

/** Starts a prometheus that scrapes the target every second, and ends it with the test. Resolves with its URL. */
export function startPrometheus(
  t: ExecutionContext,
  target: string,
  labels?: ScraperLabels,
): Promise<string> {
  return startScraper(t, PROMETHEUS, target, labels);
}

/** Starts a victoria-metrics that scrapes the target every second, and ends it with the test. Resolves with its URL. */
export function startVictoriaMetrics(
  t: ExecutionContext,
  target: string,
  labels?: ScraperLabels,
): Promise<string> {
  return startScraper(t, VICTORIA_METRICS, target, labels);
}

async function startScraper(
  t: ExecutionContext,
  {program, args}: ScraperProgram,
  target: string,
  labels?: ScraperLabels,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `threadtally-${program}-`));
  const config = join(folder, 'scrape.yml');
  // JSON is YAML.
  const job = {
    job_name: 'hub',
    static_configs: [{targets: [target], ...(labels && {labels})}],
    ...(labels && {metric_relabel_configs: [{action: 'labeldrop', regex: 'job'}]}),
  };
  const text = {global: {scrape_interval: '1s', scrape_timeout: '1s'}, scrape_configs: [job]};
  await writeFile(config, JSON.stringify(text));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(program, args({config, data: join(folder, 'data'), address}), {
    stdio: 'ignore',
  });
  const closed = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
    await rm(folder, {recursive: true, force: true});
  });
  return `http://${address}`;
}

/** The newest samples of a selector; none while the scraper starts. */
export async function query(scraper: string, selector: string): Promise<readonly Found[]> {
  const url = `${scraper}/api/v1/query?query=${encodeURIComponent(selector)}`;
  const answer = await fetch(url).catch(() => undefined);
  if (answer?.ok !== true) return [];
  const {data} = (await answer.json()) as {data: {result: readonly Found[]}};
  return data.result;
}

/** What a query returns at a moment, `undefined` being now: a failed one throws, where {@link query} waits for the start. */
export async function ask(
  scraper: string,
  text: string,
  timeSeconds?: number,
): Promise<readonly Found[]> {
  const at = timeSeconds === undefined ? '' : `&time=${timeSeconds}`;
  const answer = await fetch(`${scraper}/api/v1/query?query=${encodeURIComponent(text)}${at}`);
  if (!answer.ok) throw new Error(`Expected ${text} to be a query, got ${await answer.text()}`);
  const {data} = (await answer.json()) as {data: {result: readonly Found[]}};
  return data.result;
}

/** The values that Grafana's `label_values(selector, label)` offers. */
export async function labelValues(scraper: string, definition: string): Promise<readonly string[]> {
  const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
  const match = `match[]=${encodeURIComponent(selector)}`;
  const answer = await fetch(`${scraper}/api/v1/label/${label}/values?${match}`);
  if (!answer.ok) throw new Error(`Expected ${definition} to be answered, got ${answer.status}`);
  const {data} = (await answer.json()) as {data: readonly string[]};
  return data;
}

/** Exemplars of one series, as prometheus returns them. */
export interface FoundExemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
    /** Seconds since 1970. */
    readonly timestamp: number;
  }[];
}

/** The exemplars of a selector's series in the last hour; none while the scraper starts. */
export async function queryExemplars(
  prometheus: string,
  selector: string,
): Promise<readonly FoundExemplars[]> {
  const end = Date.now() / 1_000 + 60;
  const range = `start=${end - 3_600}&end=${end}`;
  const url = `${prometheus}/api/v1/query_exemplars?query=${encodeURIComponent(selector)}&${range}`;
  const answer = await fetch(url).catch(() => undefined);
  if (answer?.ok !== true) return [];
  const {data} = (await answer.json()) as {data: readonly FoundExemplars[]};
  return data;
}

/** Asks until the answer fits. */
export async function poll<F>(
  ask: () => Promise<readonly F[]>,
  fits: (found: readonly F[]) => boolean,
) {
  for (let i = 0; i < POLL_COUNT_MAX; i++) {
    const found = await ask();
    if (fits(found)) return found;
    await setTimeout(POLL_INTERVAL_MS);
  }
  throw new Error(`Expected the scraper to find it within ${POLL_COUNT_MAX} questions`);
}

/** A sample's key, without what the scraper adds. */
export function keyOf({metric}: Found): string {
  const {__name__: name = '', job: _job, instance: _instance, ...labels} = metric;
  return sampleKey(name, labels);
}
