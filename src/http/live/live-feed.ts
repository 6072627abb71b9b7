import type {LIVE_FAMILIES} from '../../metrics/catalogue/live.js';
import type {Metrics} from '../../metrics/catalogue.js';
import type {TotalsReading} from '../../metrics/totals.js';
import {oneLine} from '../listen-error.js';
import {type FeedSocket, SOCKET_BYTES_MAX} from './feed-socket.js';
import type {Panel} from './panels.js';
import {
  type FrameMessage,
  type HistoryMessage,
  type TracksMessage,
  toWire,
  type WireNumber,
} from './protocol.js';
import {TrackSet} from './track-set.js';

/** Live pages at once. Further ones are answered 503 and counted in `hub_live_rejections_total{reason="connection_limit"}`. */
export const CONNECTIONS_MAX = 16;

/**
 * Bytes that a page has not taken yet, beyond which it gets no frame: some minutes of frames. What changed meanwhile is in its
 * next one. Counted in `hub_live_frames_skipped_total`.
 */
export const UNTAKEN_BYTES_MAX = 64 * 1024;

/** Frames in a row that a page may be skipped. One more ends its connection, counted with the reason `slow`. */
export const SKIPPED_FRAMES_MAX = 60;

/** Bytes held back with a history: it, and its announcement before it, stay below what an engine drops. */
const HISTORY_ROOM_BYTES = SOCKET_BYTES_MAX - UNTAKEN_BYTES_MAX;

/** The families of the feed. */
export type LiveMetrics = Pick<Metrics, keyof typeof LIVE_FAMILIES>;

/** What {@link LiveFeed} needs. */
export interface LiveFeedOptions {
  readonly readTotals: <R>(read: (totals: TotalsReading) => R) => Promise<R>;
  readonly panels: readonly Panel[];
  readonly metrics: LiveMetrics;
  /** Milliseconds of a clock that never steps back: it numbers the points. */
  readonly now: () => number;
  /** Milliseconds since 1970: for people alone, as that clock may be set. */
  readonly epochMs: () => number;
  readonly onWarning: (line: string) => void;
}

/** A page that is connected, and what it knows. */
interface Viewer {
  readonly socket: FeedSocket;
  /** Number of the update whose values it has. */
  update: number;
  /** Of the lines that it knows; -1 for none. */
  version: number;
  /** Number of the update up to which it has the lines' history; -1 for none. */
  historyUpdate: number;
  /** Frames in a row that it did not get. */
  skippedCount: number;
}

/** Keeps the last hour of what the live page shows, and sends it to the pages that are connected. */
export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #tracks: TrackSet;
  readonly #viewers = new Set<Viewer>();
  /** True during an update: reading what is registered with prom-client may take longer than a second. */
  #isUpdating = false;
  #timeMs = 0;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#tracks = new TrackSet(options.panels);
  }

  get isFull(): boolean {
    return this.#viewers.size >= CONNECTIONS_MAX;
  }

  /** Sends a page all that there is, at once or with the first update. Returns what to call when it has closed. */
  open(socket: FeedSocket): () => void {
    const viewer = {socket, update: 0, version: -1, historyUpdate: -1, skippedCount: 0};
    this.#viewers.add(viewer);
    this.#options.metrics.hubLiveConnections.set(this.#viewers.size);
    if (this.#tracks.updateNumber > 0) this.#sendAll(viewer);
    return () => this.#remove(viewer);
  }

  /** To be called once a second. Never rejects. */
  async update(): Promise<void> {
    if (this.#isUpdating) return;
    this.#isUpdating = true;
    const {readTotals, now, epochMs, metrics, onWarning} = this.#options;
    try {
      await readTotals(totals => {
        this.#timeMs = epochMs();
        this.#tracks.update(totals, now());
      });
      metrics.hubLiveTracks.set(this.#tracks.trackCount);
      metrics.hubLiveTracksLeftOut.set(this.#tracks.leftOut);
      this.#sendFrames();
    } catch (error) {
      onWarning(`Expected the live page to be renewed, got ${oneLine(error)}`);
    } finally {
      this.#isUpdating = false;
    }
  }

  /** Ends every connection. */
  close(): void {
    for (const viewer of [...this.#viewers]) {
      this.#remove(viewer);
      viewer.socket.cut();
    }
  }

  #remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return;
    this.#options.metrics.hubLiveConnections.set(this.#viewers.size);
  }

  #sendFrames(): void {
    /** The frame by the update that its readers have: mostly it is one for all. */
    const frames = new Map<number, string>();
    for (const viewer of [...this.#viewers]) {
      if (viewer.socket.bufferedBytes() > UNTAKEN_BYTES_MAX) {
        this.#skip(viewer);
        continue;
      }
      viewer.skippedCount = 0;
      if (viewer.version !== this.#tracks.version) {
        this.#sendAll(viewer);
        continue;
      }
      let frame = frames.get(viewer.update);
      if (frame === undefined) {
        frame = this.#frameSince(viewer.update);
        frames.set(viewer.update, frame);
      }
      viewer.socket.send(frame);
      viewer.update = this.#tracks.updateNumber;
      this.#sendHistory(viewer);
    }
  }

  #skip(viewer: Viewer): void {
    const {metrics} = this.#options;
    metrics.hubLiveFramesSkipped.inc();
    viewer.skippedCount++;
    if (viewer.skippedCount <= SKIPPED_FRAMES_MAX) return;
    metrics.hubLiveRejections.inc({reason: 'slow'});
    this.#remove(viewer);
    viewer.socket.cut();
  }

  #sendAll(viewer: Viewer): void {
    const {history} = this.#tracks;
    const tracks: TracksMessage = {
      type: 'tracks',
      timeMs: this.#timeMs,
      point: history.point,
      panels: this.#tracks.panels(),
      tracks: this.#tracks.declarations(),
      leftOut: this.#tracks.leftOut,
    };
    viewer.socket.send(JSON.stringify(tracks));
    this.#sendHistory(viewer);
    viewer.version = this.#tracks.version;
    viewer.update = this.#tracks.updateNumber;
  }

  /**
   * The history of the lines that it doesn't have: of all, when it has just connected. Names may make the lines themselves so
   * long that their history would be dropped behind them: then it follows a later frame, when they have been taken.
   */
  #sendHistory(viewer: Viewer): void {
    const {socket} = viewer;
    const {history, updateNumber} = this.#tracks;
    const ids = this.#tracks.renewedSince(viewer.historyUpdate);
    if (ids.length === 0) return;
    const {point, pointCount} = history;
    const bytes = ids.length * pointCount * Float32Array.BYTES_PER_ELEMENT;
    if (socket.bufferedBytes() + bytes > HISTORY_ROOM_BYTES) return;
    viewer.historyUpdate = updateNumber;
    const bases = ids.map(id => toWire(history.tracks.get(id)!.base));
    const message: HistoryMessage = {type: 'history', point, pointCount, ids, bases};
    socket.send(JSON.stringify(message));
    socket.send(littleEndian(history.dump(ids)));
  }

  #frameSince(update: number): string {
    const frame: FrameMessage = {
      type: 'frame',
      timeMs: this.#timeMs,
      point: this.#tracks.history.point,
      set: this.#tracks.changesSince(update).map<WireNumber>(toWire),
    };
    return JSON.stringify(frame);
  }
}

/** As bytes; on the few machines of the other order they are turned. */
function littleEndian(floats: Float32Array<ArrayBuffer>): Uint8Array {
  const isLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  if (isLittle) return new Uint8Array(floats.buffer);
  const view = new DataView(new ArrayBuffer(floats.byteLength));
  for (const [i, float] of floats.entries()) view.setFloat32(i * 4, float, true);
  return new Uint8Array(view.buffer);
}
