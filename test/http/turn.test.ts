import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import test from 'ava';
import type {PageSource} from '../../src/http/routes.js';
import {MetricsHub} from '../../src/index.js';
import type {ScrapingTask} from '../fixtures/scraping-worker.js';
import {ask} from './raw-client.js';
import {ENGINES_HERE, serve, textSource} from './serve.js';

const SCRAPING = new URL('../fixtures/scraping-worker.js', import.meta.url);

/** A source that says by which of its ways a page was asked for. */
function twoWays(collect?: () => Promise<void>): PageSource {
  const {renderPage} = textSource('fresh 1\n');
  const {renderPage: renderPageOfTurn} = textSource('shared 1\n');
  return {renderPage, renderPageOfTurn, ...(collect && {collect})};
}

for (const engine of ENGINES_HERE) {
  test(`${engine}: listen() lets a page be shared, but where the source has collected for the request`, async t => {
    const page = async (source: PageSource) => {
      const server = await serve(t, {engine, source});
      return (await ask(t, server, ['GET', '/metrics'])).body.toString();
    };
    t.is(await page(twoWays()), 'shared 1\n');
    t.is(await page(twoWays(async () => {})), 'fresh 1\n');
  });

  test(`${engine}: a page has all that was counted before it was asked for, however many ask at once`, async t => {
    const hub = new MetricsHub();
    const {url} = await serve(t, {engine, source: hub});
    const said = Array.from({length: 3}, async (_, i) => {
      const task: ScrapingTask = {url, name: `worker-${i}`, connections: 8, scrapes: 40};
      const worker = new Worker(SCRAPING, {workerData: task});
      t.teardown(() => worker.terminate());
      hub.attach(worker);
      return (await once(worker, 'message'))[0] as string[];
    });
    t.deepEqual((await Promise.all(said)).flat(), []);
  });
}
