import {type Browser, type BrowserContextOptions, chromium, type Page} from 'playwright-core';

/** Where Debian's chromium puts itself. */
const EXECUTABLE = '/usr/bin/chromium';

/** A page and what went on in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Of everything that was requested, WebSockets included. */
  readonly urls: string[];
  /** Errors of the console and of scripts, and dialogs. */
  readonly troubles: string[];
}

/** A headless Chromium, to be closed at the end. */
export function launchBrowser(): Promise<Browser> {
  // Its sandbox needs what containers and root don't have; it sees pages of these tests alone.
  return chromium.launch({executablePath: EXECUTABLE, args: ['--no-sandbox']});
}

/** A page that loads nothing yet. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const urls: string[] = [];
  const troubles: string[] = [];
  page.on('request', request => urls.push(request.url()));
  page.on('websocket', socket => urls.push(socket.url()));
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
  });
  page.on('pageerror', error => troubles.push(String(error)));
  page.on('dialog', dialog => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return {page, urls, troubles};
}
