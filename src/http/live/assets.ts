import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {type Compress, compressed} from '../compression.js';
import {oneLine} from '../listen-error.js';
import {acceptsGzip} from '../negotiation.js';
import type {Answer, PendingAnswer, Request} from '../routes.js';
import type {TokenGuard} from '../token.js';
import {PAGE_CSS} from './page-css.js';
import {ICON, PAGE_HTML} from './page-html.js';

/** Where the page's files stand, before their names. */
const FOLDER = '/live/';

/** The page's module, of src/http/live/browser/, which `npm run build` makes one of. It imports uPlot, and nothing else. */
const MODULE = 'browser/page.js';

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/**
 * Nothing is loaded from elsewhere and nothing inline runs, so that no text from the program can become more than text.
 * `no-cache`: what is shown is as old as the program that serves it.
 */
const SECURITY_HEADERS: Answer['headers'] = [
  [
    'Content-Security-Policy',
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Cache-Control', 'no-cache'],
];

/** A file of the page. */
interface Asset {
  readonly path: string;
  readonly answer: Answer;
}

/** Reads the page's files. Undefined, and a warning, where one is missing: a build without the page. */
export async function loadAssets(onWarning: (line: string) => void): Promise<Asset[] | undefined> {
  try {
    return await Promise.all([
      readAsset('page.js', new URL(MODULE, import.meta.url), SCRIPT),
      // What page.js imports by this name is the package itself.
      readAsset('uplot.js', uplotFile('uPlot.esm.js'), SCRIPT),
      readAsset('uplot.css', uplotFile('uPlot.min.css'), STYLE),
      assetOf('page.css', STYLE, PAGE_CSS),
      assetOf('icon.svg', 'image/svg+xml', ICON),
    ]);
  } catch (error) {
    onWarning(`Expected the files of the live page, got ${oneLine(error)}: it is not served`);
    return undefined;
  }
}

/**
 * What answers the page's paths. The files are the same for all and hold nothing of the program, so they are open; the page
 * is answered 401 without the token, and asks for it.
 */
export function pageAnswers(
  assets: readonly Asset[],
  {guard, compress}: {readonly guard: TokenGuard; readonly compress: Compress},
): [path: string, answer: (request: Request) => Answer | PendingAnswer][] {
  const page = answerOf('text/html; charset=utf-8', PAGE_HTML);
  const refused: Answer = {
    ...page,
    status: 401,
    reason: 'Unauthorized',
    headers: [...page.headers, ['WWW-Authenticate', 'Bearer realm="threadtally"']],
  };
  return [
    ['/', request => (guard.admits(request) ? page : refused)],
    ...assets.map(({path, answer}): [string, (request: Request) => Answer | PendingAnswer] => {
      const zipped = zippedOnce(answer, compress);
      return [path, ({acceptEncoding}) => (acceptsGzip(acceptEncoding) ? zipped() : answer)];
    }),
  ];
}

/** Compressed at the first request, and kept. */
function zippedOnce(answer: Answer, compress: Compress): () => PendingAnswer {
  let pending: PendingAnswer | undefined;
  return () => {
    pending ??= {bytes: 0, answer: compressed(answer, compress).catch(() => answer)};
    return pending;
  };
}

async function readAsset(name: string, file: URL | string, type: string): Promise<Asset> {
  return assetOf(name, type, await readFile(file, 'utf8'));
}

function assetOf(name: string, type: string, text: string): Asset {
  return {path: FOLDER + name, answer: answerOf(type, text)};
}

function answerOf(type: string, text: string): Answer {
  const headers: Answer['headers'] = [
    ['Content-Type', type],
    ['Vary', 'Accept-Encoding'],
    ...SECURITY_HEADERS,
  ];
  return {status: 200, reason: 'OK', headers, body: new TextEncoder().encode(text)};
}

/** A file beside the package's own entry. */
function uplotFile(name: string): string {
  const entry = fileURLToPath(import.meta.resolve('uplot'));
  return entry.replace(/[^/\\]+$/, name);
}
