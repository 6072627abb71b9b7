import {
  bindCatalogue,
  type FamilyKey,
  LIVE_REJECTIONS,
  type LiveRejection,
} from '../../metrics/catalogue.js';
import type {Compress} from '../compression.js';
import {
  type Answer,
  type PageSource,
  type Paths,
  type PendingAnswer,
  plainAnswer,
  type Request,
  UNAUTHORIZED,
} from '../routes.js';
import type {TokenGuard} from '../token.js';
import {loadAssets, pageAnswers} from './assets.js';
import type {SocketServer} from './feed-socket.js';
import {LiveFeed} from './live-feed.js';
import {PANELS} from './panels.js';
import {FEED_PATH, FEED_PROTOCOL} from './protocol.js';

/** Path of the page. */
export const PAGE_PATH = '/';

/** Between two updates of the page. */
const UPDATE_INTERVAL_MS = 1_000;

const LIVE_KEYS = [
  'hubLiveConnections',
  'hubLiveRejections',
  'hubLiveFramesSkipped',
  'hubLiveTracks',
  'hubLiveTracksLeftOut',
] as const satisfies readonly FamilyKey[];

const UPGRADE_REQUIRED = plainAnswer(426, 'Upgrade Required', 'Expected a WebSocket', [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
]);

const TOO_MANY = plainAnswer(503, 'Service Unavailable', 'Expected fewer live pages at once');

const FOREIGN_ORIGIN = plainAnswer(403, 'Forbidden', 'Expected a page of this host');

/** What it takes to serve the live page. */
export interface LivePageOptions {
  readonly source: PageSource;
  readonly guard: TokenGuard;
  readonly compress: Compress;
  readonly onWarning: (line: string) => void;
}

/** The live page as a server serves it. */
export interface LivePage {
  readonly paths: Paths<Answer | PendingAnswer>;
  readonly sockets: SocketServer;
  /** Ends its connections and stops to follow the source. */
  close(): void;
}

/** Begins to keep the last hour. Undefined where the source is no hub, or the page's files can't be read. */
export async function openLivePage(options: LivePageOptions): Promise<LivePage | undefined> {
  const {source, guard, compress, onWarning} = options;
  const {recorder} = source;
  const readTotals = source.readTotals?.bind(source);
  if (recorder === undefined || readTotals === undefined) return undefined;
  const assets = await loadAssets(onWarning);
  if (assets === undefined) return undefined;
  const metrics = bindCatalogue(recorder, LIVE_KEYS);
  for (const reason of LIVE_REJECTIONS) metrics.hubLiveRejections.ensure({reason});
  const now = () => performance.now();
  const epochMs = Date.now;
  const feed = new LiveFeed({readTotals, panels: PANELS, metrics, now, epochMs, onWarning});
  // What is counted from here on belongs to the hour.
  await feed.update();
  const timer = setInterval(() => void feed.update(), UPDATE_INTERVAL_MS);
  // The page alone keeps no program alive.
  timer.unref();
  const paths = new Map(pageAnswers(assets, {guard, compress}));
  paths.set(FEED_PATH, request => {
    // A browser doesn't tell its page why a WebSocket was refused: the page asks here.
    if (!guard.admits(request)) return UNAUTHORIZED;
    return feed.isFull ? TOO_MANY : UPGRADE_REQUIRED;
  });
  const reject = (reason: LiveRejection) => metrics.hubLiveRejections.inc({reason});
  return {
    paths,
    sockets: socketsOf(feed, guard, reject),
    close: () => {
      clearInterval(timer);
      feed.close();
    },
  };
}

function socketsOf(
  feed: LiveFeed,
  guard: TokenGuard,
  reject: (reason: LiveRejection) => void,
): SocketServer {
  const refuse = (reason: LiveRejection, answer: Answer) => {
    reject(reason);
    return answer;
  };
  return {
    path: FEED_PATH,
    protocol: FEED_PROTOCOL,
    refusal: request => {
      if (!guard.admits(request)) return refuse('unauthorized', UNAUTHORIZED);
      if (!isOwnOrigin(request)) return refuse('origin', FOREIGN_ORIGIN);
      return feed.isFull ? refuse('connection_limit', TOO_MANY) : undefined;
    },
    open: socket => feed.open(socket),
  };
}

/**
 * Browsers let any page open a WebSocket anywhere, and say by `Origin` (RFC 6455, section 10.2) which did: one that its user
 * happens to visit is not to read what stands on a port of theirs. Programs send no `Origin`.
 */
function isOwnOrigin({origin, host}: Request): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const {protocol, host: own} = new URL(origin);
  return (protocol === 'http:' || protocol === 'https:') && own === host?.toLowerCase();
}
