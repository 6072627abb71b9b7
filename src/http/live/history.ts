import {fromWire, HISTORY_POINTS, type HistoryMessage, type TrackKind} from './protocol.js';

/** A line: its value now and its last hour. */
export interface Track {
  readonly id: number;
  readonly kind: TrackKind;
  /** Now; NaN where there is none. */
  value: number;
  /** Of a total: the value at the last point. */
  base: number;
  /** By the number of the point modulo its length. */
  readonly ring: Float32Array;
}

/**
 * The last hour of many lines, on the server and, fed by its frames, in the page: both hold the same. Memory is 4 bytes a
 * point: 3 kB a line.
 */
export class LiveHistory {
  readonly #tracks = new Map<number, Track>();
  /** Number of the last point recorded; -1 before the first. */
  #point = -1;
  /** Points up to it, at most {@link HISTORY_POINTS}. */
  #pointCount = 0;
  /** When the last point was, in seconds since 1970: the page sets it. Points go by a clock that knows no date. */
  endSeconds = 0;

  get point(): number {
    return this.#point;
  }

  get pointCount(): number {
    return this.#pointCount;
  }

  get tracks(): ReadonlyMap<number, Track> {
    return this.#tracks;
  }

  /** Adds a line without a past. `base` is what a total's first point counts from. */
  add({id, kind, value, base}: Omit<Track, 'ring'>): Track {
    const ring = new Float32Array(HISTORY_POINTS).fill(Number.NaN);
    const track = {id, kind, value, base, ring};
    this.#tracks.set(id, track);
    return track;
  }

  remove(id: number): void {
    this.#tracks.delete(id);
  }

  /** Records every line's value as that point; does nothing for one that isn't later than the last. */
  record(point: number): void {
    if (point <= this.#point) return;
    this.#advance(point);
    const slot = point % HISTORY_POINTS;
    for (const track of this.#tracks.values()) {
      track.ring[slot] = track.kind === 'level' ? track.value : increaseOf(track);
      track.base = track.value;
    }
  }

  /** What was added to a total since the last point and in the hour before. */
  sumOf(track: Track): number {
    let sum = increaseOf(track);
    for (const value of track.ring) if (!Number.isNaN(value)) sum += value;
    return sum;
  }

  /** A line's last hour, oldest first; it ends with the last point. */
  pointsOf({ring}: Track): Float32Array {
    const points = new Float32Array(this.#pointCount);
    for (let i = 0; i < points.length; i++) {
      points[i] = ring[(this.#point - points.length + 1 + i) % HISTORY_POINTS]!;
    }
    return points;
  }

  /** The last hour of these lines, one after the other. */
  dump(ids: readonly number[]): Float32Array<ArrayBuffer> {
    const all = new Float32Array(ids.length * this.#pointCount);
    for (const [i, id] of ids.entries()) {
      const track = this.#tracks.get(id);
      if (track !== undefined) all.set(this.pointsOf(track), i * this.#pointCount);
    }
    return all;
  }

  /** Takes what another's `dump()` gave, up to the same point, in the place of what these lines had. */
  load({ids, bases, point, pointCount}: Omit<HistoryMessage, 'type'>, all: Float32Array): void {
    this.#point = point;
    this.#pointCount = pointCount;
    for (const [i, id] of ids.entries()) {
      const track = this.#tracks.get(id);
      if (track === undefined) continue;
      track.base = fromWire(bases[i]);
      for (let k = 0; k < pointCount; k++) {
        track.ring[(point - pointCount + 1 + k) % HISTORY_POINTS] = all[i * pointCount + k]!;
      }
    }
  }

  /** Points that nobody recorded have no values. */
  #advance(point: number): void {
    const isFirst = this.#point < 0;
    const stepCount = isFirst ? 1 : Math.min(point - this.#point, HISTORY_POINTS);
    for (let i = 1; i < stepCount; i++) {
      const slot = (point - i) % HISTORY_POINTS;
      for (const {ring} of this.#tracks.values()) ring[slot] = Number.NaN;
    }
    this.#pointCount = Math.min(this.#pointCount + stepCount, HISTORY_POINTS);
    this.#point = point;
  }
}

/**
 * Totals never fall: `base` is lowered where series leave. Added up in another order the rest may be less by a digit of the
 * last place, and that is no increase.
 */
function increaseOf({value, base}: Track): number {
  return value >= base ? value - base : 0;
}
