/**
 * Makes the pictures of the live page in docs/: `node dist/test/support/live-pictures.js`, after a build. It needs Chromium.
 * The machine is the simulated one with its default seed; times and durations on the pictures are those of the run.
 */
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import type {Browser, BrowserContextOptions, Page} from 'playwright-core';
import {launchBrowser, openPage} from './browser.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** Screenings, one a second, that the charts show at least. */
const SCREENINGS = 90;

const PHONE = {width: 390, height: 844};
const DESKTOP = {width: 1280, height: 800};

/** A picture: what is at the top of it, where that isn't the page's own top. */
interface Picture {
  readonly name: string;
  readonly screen: BrowserContextOptions;
  readonly panel?: string;
}

const PICTURES: readonly Picture[] = [
  {name: 'desktop-light', screen: {viewport: DESKTOP, colorScheme: 'light'}},
  {name: 'desktop-dark', screen: {viewport: DESKTOP, colorScheme: 'dark'}},
  {name: 'phone-light', screen: {viewport: PHONE, colorScheme: 'light'}},
  {name: 'phone-dark', screen: {viewport: PHONE, colorScheme: 'dark'}},
  {name: 'phone-matches', screen: {viewport: PHONE, colorScheme: 'light'}, panel: 'matches'},
  {name: 'phone-execution', screen: {viewport: PHONE, colorScheme: 'light'}, panel: 'execution'},
  {name: 'phone-errors', screen: {viewport: PHONE, colorScheme: 'dark'}, panel: 'errors'},
  {name: 'phone-families', screen: {viewport: PHONE, colorScheme: 'light'}, panel: 'families'},
];

/** Runs the machine, calls `visit` once it has screened often enough, and ends it. */
async function withMachine(visit: (url: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'threadtally-pictures-'));
  const args = ['--port', '0', '--host', '127.0.0.1', '--screening-interval-ms', '1000'];
  const child = spawn(process.execPath, [MAIN, ...args, '--data-dir', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let url = '';
  let screeningCount = 0;
  try {
    for await (const line of createInterface({input: child.stdout})) {
      url ||= /(http:\S+)\/metrics$/.exec(line)?.[1] ?? '';
      if (/ Screened \d/.test(line)) screeningCount++;
      if (screeningCount >= SCREENINGS) break;
    }
    await visit(url);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, {recursive: true, force: true});
  }
}

async function take(browser: Browser, url: string, {name, screen, panel}: Picture): Promise<void> {
  const {page} = await openPage(browser, screen);
  await page.goto(url);
  await page.waitForSelector('[data-panel=families] tbody tr');
  await page.waitForSelector('[data-panel=queues] canvas');
  if (panel !== undefined) await scrollTo(page, panel);
  await page.screenshot({path: `docs/live-page-${name}.png`});
  await page.context().close();
}

async function scrollTo(page: Page, panel: string): Promise<void> {
  await page.evaluate(`document.querySelector('[data-panel=${panel}]').scrollIntoView()`);
}

await withMachine(async url => {
  const browser = await launchBrowser();
  for (const picture of PICTURES) await take(browser, url, picture);
  await browser.close();
});
