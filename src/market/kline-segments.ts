import {
  RING_CLOSED_COUNT,
  RING_OWNER,
  type RingPlace,
  ringBytes,
  ringHeader,
} from './kline-layout.js';

/**
 * Bytes that a segment has at least; one ring that needs more gets a segment of its own. The system
 * provides the memory page by page as it is written, so an empty tail costs nothing.
 */
export const SEGMENT_BYTES = 16 * 1024 * 1024;

/** Snapshots taken since a ring was released before another series may have it: the screening that reads it is over then. */
const SNAPSHOTS_BEFORE_REUSE = 2;

/**
 * Released rings kept for readers' sake; with more of them, one is reused early. Nothing breaks: a
 * reader that still needs it sees the new owner's id, and throws `snapshot_overrun`.
 */
const RELEASED_MAX = 256;

/** A series takes over a released ring that has at most this many times the room it needs. */
const ROOM_RATIO_MAX = 2;

interface Released {
  readonly place: RingPlace;
  /** Snapshots taken when it was released. */
  readonly at: number;
}

/** The shared memory of one writer's rings, in few segments. It grows with its rings and never shrinks. */
export class KlineSegments {
  readonly #segments: SharedArrayBuffer[] = [];
  /** Bytes taken of the last segment. */
  #usedBytes = 0;
  /** Oldest first. */
  readonly #released: Released[] = [];
  #snapshotCount = 0;

  /** All segments; grows, each keeps its position. */
  get all(): readonly SharedArrayBuffer[] {
    return this.#segments;
  }

  /** Bytes of all segments, the parts not yet used included. */
  get bytes(): number {
    return this.#segments.reduce((total, {byteLength}) => total + byteLength, 0);
  }

  /** The segment that a ring lies in. */
  segmentOf({segment}: RingPlace): SharedArrayBuffer {
    return this.#segments[segment]!;
  }

  /** An empty ring of at least that capacity for the series of that id. */
  allocate(capacity: number, owner: number): RingPlace {
    const place = this.#reuse(capacity) ?? this.#extend(capacity);
    const header = ringHeader(this.segmentOf(place), place);
    // The owner first: whoever still reads the old series looks at it last.
    Atomics.store(header, RING_OWNER, owner);
    Atomics.store(header, RING_CLOSED_COUNT, 0);
    return place;
  }

  /** Gives a ring back. Snapshots that show it stay readable for a while. */
  release(place: RingPlace): void {
    this.#released.push({place, at: this.#snapshotCount});
  }

  /** To be called with every snapshot. */
  countSnapshot(): void {
    this.#snapshotCount++;
  }

  #reuse(capacity: number): RingPlace | undefined {
    const isCrowded = this.#released.length > RELEASED_MAX;
    const index = this.#released.findIndex(
      ({place, at}) =>
        place.capacity >= capacity &&
        place.capacity <= capacity * ROOM_RATIO_MAX &&
        (isCrowded || this.#snapshotCount - at >= SNAPSHOTS_BEFORE_REUSE),
    );
    return index === -1 ? undefined : this.#released.splice(index, 1)[0]?.place;
  }

  #extend(capacity: number): RingPlace {
    const bytes = ringBytes(capacity);
    const last = this.#segments.at(-1);
    if (last === undefined || this.#usedBytes + bytes > last.byteLength) {
      this.#segments.push(new SharedArrayBuffer(Math.max(SEGMENT_BYTES, bytes)));
      this.#usedBytes = 0;
    }
    const place = {segment: this.#segments.length - 1, offset: this.#usedBytes, capacity};
    this.#usedBytes += bytes;
    return place;
  }
}
