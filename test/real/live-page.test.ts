import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {type AddressInfo, createServer} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import type {Browser, Page} from 'playwright-core';
import {bindCatalogue, type ListenOptions, MetricsHub} from '../../src/index.js';
import {ENGINES_HERE, serve} from '../http/serve.js';
import {launchBrowser, openPage} from '../support/browser.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {startProgram, urlOf} from '../support/program.js';
import {testWithProgram} from '../support/real-programs.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SCREENS = [
  {colorScheme: 'light', viewport: {width: 390, height: 844}},
  {colorScheme: 'dark', viewport: {width: 390, height: 844}},
  {colorScheme: 'light', viewport: {width: 1280, height: 800}},
  {colorScheme: 'dark', viewport: {width: 1280, height: 800}},
] as const;

/** One for all tests of this file, launched by the first. */
class SharedBrowser {
  #browser: Promise<Browser> | undefined;

  get(): Promise<Browser> {
    this.#browser ??= launchBrowser();
    return this.#browser;
  }

  async close(): Promise<void> {
    await (await this.#browser)?.close();
  }
}

const browser = new SharedBrowser();
test.after.always(() => browser.close());

/** A hub with the machine's families and two traders, one of them hostile. */
async function startHub(t: ExecutionContext, options: Partial<ListenOptions> = {}) {
  const hub = new MetricsHub();
  const metrics = bindCatalogue(hub.recorder);
  const server = await serve(t, {source: hub, ...options});
  const traders = [
    {trader_id: 'a', trader_name: 'Dip'},
    {trader_id: 'b', trader_name: HOSTILE},
  ];
  const screen = (i: number) => {
    for (const [k, trader] of traders.entries()) {
      metrics.traderSignals.inc(trader, k + i);
      metrics.traderScreenings.inc(trader);
      metrics.traderNewMatches.set(trader, k + i);
      metrics.traderContinuingMatches.set(trader, 3 * k + 1);
      metrics.traderExecutionTime.observe(trader, 12.5 * (k + 1));
    }
    metrics.traderSymbolsWatching.set({trader_id: 'a'}, 7);
    metrics.traderErrors.inc({...traders[0]!, reason: 'throw'});
    metrics.traderErrors.inc({...traders[0]!, reason: 'parse'});
    metrics.screenerWorkersActive.set(1);
    metrics.screenerWorkersIdle.set(2);
    metrics.screenerQueueDepth.set(i);
    metrics.binanceWsConnected.set({status: 'connected'}, 1);
    metrics.klineDataAge.set({symbol: 'BTCUSDT', interval: '5m'}, 2.125);
    metrics.klineDataAge.set({symbol: 'BTCUSDT', interval: '15m'}, 7.5);
  };
  const url = `http://127.0.0.1:${server.port}`;
  return {metrics, server, screen, url};
}

/** A port that is free now. What listens on a port that the system chose for it blocks it, killed, for a minute. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}

async function becomes(page: Page, state: string): Promise<void> {
  await page.waitForSelector(`body[data-state=${state}]`);
}

/** The exact numbers of a panel's rows, by the text of their first cell. */
function rowsOf(page: Page, panel: string): Promise<Record<string, number[]>> {
  return page.evaluate<Record<string, number[]>>(`Object.fromEntries(
    [...document.querySelectorAll('[data-panel=${panel}] tbody tr')].map(row => [
      row.querySelector('th').firstChild.data,
      [...row.querySelectorAll('data')].map(number => Number(number.value)),
    ]))`);
}

/** Waits until an expression is true; what Playwright has for it would need `eval`, which the page's policy forbids. */
async function holds(page: Page, expression: string): Promise<void> {
  await page.evaluate(`new Promise(resolve => {
    const look = () => ((${expression}) ? resolve(true) : requestAnimationFrame(look));
    look();
  })`);
}

/** Waits until the queue's number has come: with it, in one frame, all that was recorded before. */
async function queueIs(page: Page, depth: number): Promise<void> {
  await holds(
    page,
    `[...document.querySelectorAll('[data-panel=queues] li')].some(item =>
      item.textContent.startsWith('screening tasks') && item.querySelector('data').value === '${depth}')`,
  );
}

for (const engine of ENGINES_HERE) {
  testWithProgram(
    'chromium',
    `${engine}: the live page shows the numbers of /metrics, asks no other host, and says nothing on the console`,
    async t => {
      const {screen, url} = await startHub(t, {engine});
      const {page, urls, troubles} = await openPage(await browser.get());
      await page.goto(url);
      await becomes(page, 'live');
      for (const depth of [5, 8]) {
        screen(depth);
        await queueIs(page, depth);
        const samples = parsePage(await (await fetch(`${url}/metrics`)).text());
        const sampleOf = (name: string, id: string, trader: string) =>
          samples.get(sampleKey(name, {trader_id: id, trader_name: trader}));
        const signals = {
          Dip: [sampleOf('trader_signals_total', 'a', 'Dip')],
          [HOSTILE]: [sampleOf('trader_signals_total', 'b', HOSTILE)],
        };
        t.deepEqual(await rowsOf(page, 'signals'), signals as Record<string, number[]>);
        t.deepEqual(await rowsOf(page, 'matches'), {Dip: [depth, 1], [HOSTILE]: [depth + 1, 4]});
        t.deepEqual(await rowsOf(page, 'freshness'), {BTCUSDT: [7.5]});
        const made = (id: string, trader: string) => sampleOf('trader_signals_total', id, trader)!;
        const count = depth === 5 ? 1 : 2;
        t.deepEqual(await rowsOf(page, 'traders'), {
          Dip: [count, 7, 0, depth, made('a', 'Dip'), 2 * count, 0],
          [HOSTILE]: [count, 0, 0, depth + 1, made('b', HOSTILE), 0, 0],
        });
        const families = await rowsOf(page, 'families');
        const plain = [...samples].filter(([key]) =>
          /^(trader|signals|screener|sync|binance)_\w+\{\}$/.test(key),
        );
        t.true(plain.length > 5);
        for (const [key, value] of plain) {
          const [shown] = families[key.slice(0, -2)] ?? [];
          if (shown !== undefined) t.is(shown, value, key);
        }
        t.is(
          families.trader_signals_total?.[0],
          2 * (depth === 5 ? 5 : 13) + (depth === 5 ? 1 : 2),
        );
      }
      const state = await page.textContent('[data-panel=stream] [data-name=state]');
      t.is(state, 'connected');
      t.deepEqual(troubles, []);
      const hosts = new Set(urls.map(one => new URL(one).host));
      t.deepEqual([...hosts], [new URL(url).host]);
      t.true(urls.some(one => one.startsWith('ws://')));
    },
  );
}

testWithProgram('chromium', 'the live page draws charts of what was recorded', async t => {
  const {screen, url} = await startHub(t);
  const {page} = await openPage(await browser.get());
  await page.goto(url);
  screen(5);
  // Two points make a line: each chart has ink of its line's colour, and more than its axes have.
  for (const panel of ['new-matches', 'queues', 'workers', 'execution', 'screenings']) {
    await holds(
      page,
      `(() => {
      const canvas = document.querySelector('[data-panel=${panel}] canvas');
      if (canvas === null) return false;
      const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let ink = 0;
      for (let i = 0; i < data.length; i += 4) {
        const [red, green, blue, alpha] = data.subarray(i, i + 4);
        if (alpha > 200 && Math.max(red, green, blue) - Math.min(red, green, blue) > 90) ink++;
      }
      return ink > 20;
    })()`,
    );
  }
  t.pass();
});

testWithProgram('chromium', "a trader's hostile name stays text on the live page", async t => {
  const {screen, url} = await startHub(t);
  const {page, urls, troubles} = await openPage(await browser.get());
  await page.goto(url);
  screen(1);
  await page.getByText(HOSTILE, {exact: true}).first().waitFor();
  await queueIs(page, 1);
  t.is(await page.locator('img').count(), 0);
  t.is(await page.locator('[onerror]').count(), 0);
  t.false(urls.some(one => new URL(one).pathname === '/x'));
  t.deepEqual(troubles, []);
});

testWithProgram(
  'chromium',
  'the live page says that it is stale when the machine is killed, and comes back by itself',
  async t => {
    const args = ['--host', '127.0.0.1', '--symbols', '5', '--workers', '1'];
    const first = startProgram(t, [...args, '--port', await freePort()]);
    const url = await urlOf(first);
    const {page} = await openPage(await browser.get());
    await page.goto(url);
    await becomes(page, 'live');
    first.kill('SIGKILL');
    await first.exited;
    await becomes(page, 'stale');
    t.regex((await page.textContent('#state')) ?? '', /^Stale: no answer from the server/);
    const second = startProgram(t, [...args, '--port', new URL(url).port]);
    await urlOf(second);
    await becomes(page, 'live');
    t.is(await page.textContent('#state'), 'Live');
    await page.waitForSelector('[data-panel=signals] tbody tr');
  },
);

testWithProgram(
  'chromium',
  'the live page asks for the token, refuses a wrong one, and keeps the right one over a reload',
  async t => {
    const {url} = await startHub(t, {token: 'right'});
    const {page, urls} = await openPage(await browser.get());
    t.is((await page.goto(url))?.status(), 401);
    await becomes(page, 'refused');
    t.is(await page.locator('[data-panel]').count(), 0);
    await page.locator('#token').fill('wrong');
    await page.getByRole('button').click();
    await page.getByText('This is not the token.').waitFor();
    await page.locator('#token').fill('right');
    await page.keyboard.press('Enter');
    await becomes(page, 'live');
    t.false(await page.locator('#sign-in').isVisible());
    await page.reload();
    await becomes(page, 'live');
    t.false(urls.some(one => one.includes('right')));
  },
);

testWithProgram(
  'chromium',
  'axe finds nothing serious on the live page, on a phone and a desktop, in light and dark',
  async t => {
    const {screen, url} = await startHub(t);
    for (const options of SCREENS) {
      const {page, troubles} = await openPage(await browser.get(), options);
      await page.goto(url);
      screen(3);
      await queueIs(page, 3);
      // Tables that were folded away are looked at too.
      await page.evaluate(
        "for (const fold of document.querySelectorAll('details')) fold.open = true",
      );
      await page.evaluate(AXE);
      const found = await page.evaluate<{id: string; impact: string; nodes: {html: string}[]}[]>(
        'axe.run(document).then(({violations}) => violations.map(({id, impact, nodes}) => ({id, impact, nodes: nodes.map(({html}) => ({html}))})))',
      );
      t.deepEqual(
        found.filter(({impact}) => impact === 'serious' || impact === 'critical'),
        [],
      );
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      t.true(width <= options.viewport.width, `${width}`);
      t.deepEqual(troubles, []);
      await page.context().close();
    }
  },
);

testWithProgram(
  'chromium',
  'the live page is worked by keyboard: skip link, sections, tables',
  async t => {
    const {screen, url} = await startHub(t);
    const {page} = await openPage(await browser.get());
    await page.goto(url);
    screen(2);
    await queueIs(page, 2);
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    await page.keyboard.press('Tab');
    t.is(await focused(), 'Skip to the panels');
    await page.keyboard.press('Tab');
    t.is(await focused(), 'Trader Activity');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    t.is(await page.evaluate<string>('location.hash'), '#section-1');
    const fold = page.locator('[data-panel=workers] summary');
    await fold.focus();
    await page.keyboard.press('Enter');
    const table = page.getByRole('table', {name: 'Workers, last hour'});
    t.deepEqual(await table.getByRole('rowheader').allTextContents(), ['active', 'idle']);
  },
);
