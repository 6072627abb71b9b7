import {FEED_PATH, FEED_PROTOCOL, type FeedMessage, TOKEN_PROTOCOL_PREFIX} from '../protocol.js';

/** How it stands with the feed: `refused` where the token is missing or wrong, `full` where too many pages are open. */
export type FeedState = 'connecting' | 'live' | 'stale' | 'refused' | 'full';

/** Milliseconds without a message after which the page says that it is stale: three updates. */
const STALE_AFTER_MS = 3_500;

/** Milliseconds before a further try to connect; the wait doubles up to the second of them. */
const RETRY_MS = Object.freeze({first: 500, most: 5_000});

/** What is told of the feed. */
export interface FeedEvents {
  readonly token: () => string | undefined;
  readonly onState: (state: FeedState) => void;
  /** A new connection: what follows begins anew. */
  readonly onOpen: () => void;
  readonly onMessage: (message: FeedMessage) => void;
  readonly onFloats: (floats: Float32Array) => void;
}

/** The connection to the server, made again whenever it is lost. */
export class Feed {
  readonly #events: FeedEvents;
  #retryMs: number = RETRY_MS.first;
  #staleTimer = 0;

  constructor(events: FeedEvents) {
    this.#events = events;
  }

  connect(): void {
    const socket = new WebSocket(this.#url(), this.#protocols());
    socket.binaryType = 'arraybuffer';
    let hasOpened = false;
    socket.addEventListener('open', () => {
      hasOpened = true;
      this.#events.onOpen();
    });
    socket.addEventListener('message', ({data}) => this.#take(data));
    socket.addEventListener('close', () => void this.#retry(hasOpened));
  }

  #take(data: string | ArrayBuffer): void {
    this.#retryMs = RETRY_MS.first;
    clearTimeout(this.#staleTimer);
    this.#staleTimer = setTimeout(() => this.#events.onState('stale'), STALE_AFTER_MS);
    if (typeof data === 'string') this.#events.onMessage(JSON.parse(data));
    else this.#events.onFloats(floatsOf(data));
    this.#events.onState('live');
  }

  async #retry(hasOpened: boolean): Promise<void> {
    clearTimeout(this.#staleTimer);
    // A browser doesn't tell why a WebSocket was refused.
    const reason = hasOpened ? 'stale' : await this.#refusal();
    this.#events.onState(reason);
    if (reason === 'refused') return;
    setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
  }

  async #refusal(): Promise<'refused' | 'full' | 'stale'> {
    const token = this.#events.token();
    const headers = token === undefined ? {} : {Authorization: `Bearer ${token}`};
    try {
      const {status} = await fetch(FEED_PATH, {method: 'HEAD', headers, cache: 'no-store'});
      if (status === 401) return 'refused';
      return status === 503 ? 'full' : 'stale';
    } catch {
      return 'stale';
    }
  }

  #url(): string {
    const url = new URL(FEED_PATH, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
  }

  #protocols(): string[] {
    const token = this.#events.token();
    if (token === undefined) return [FEED_PROTOCOL];
    const bytes = String.fromCharCode(...new TextEncoder().encode(token));
    const encoded = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    return [FEED_PROTOCOL, TOKEN_PROTOCOL_PREFIX + encoded];
  }
}

/** Little-endian, whatever the browser's machine. */
function floatsOf(bytes: ArrayBuffer): Float32Array {
  const view = new DataView(bytes);
  return Float32Array.from({length: bytes.byteLength / 4}, (_, i) => view.getFloat32(i * 4, true));
}
