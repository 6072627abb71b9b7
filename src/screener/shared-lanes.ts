/** Int32 position in the memory: how many lanes there are. These of each lane follow, then a 1 or 0 a place: whether it is taken. */
const LANE_COUNT = 0;

/** Int32 positions within a lane's numbers: places; 1 once a worker has it for its own, else 0. */
const [SIZE, JOINED] = [0, 1];

/** Numbers of a lane. */
const LANE_NUMBERS = 2;

/** One lane, and how far this thread knows its places to be taken. */
interface Lane {
  /** Int32 position of its numbers. */
  readonly at: number;
  /** All before it are taken. */
  front: number;
  /** All from it on are taken. */
  back: number;
}

/**
 * Places 0 to n - 1 in lanes, one behind the other, from which the workers of a screening take what is next, each place once.
 * A worker joins a lane and takes its places in their order; when that is empty, it takes from the end of whichever
 * lane has most left, so that all end at about the same time, however wrong the costs were that the lanes were made by.
 */
export class SharedLanes {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #lanes: readonly Lane[];
  /** Int32 position of place 0. */
  readonly #placesAt: number;

  /** @param lanes Places of each lane; or what another thread's lanes have for `memory`. */
  constructor(lanes: readonly number[] | SharedArrayBuffer) {
    this.memory = lanes instanceof SharedArrayBuffer ? lanes : memoryOf(lanes);
    this.#cells = new Int32Array(this.memory);
    const laneCount = this.#cells[LANE_COUNT]!;
    this.#placesAt = placesAt(laneCount);
    let first = 0;
    this.#lanes = Array.from({length: laneCount}, (_, lane) => {
      const at = laneAt(lane);
      const end = first + this.#cells[at + SIZE]!;
      const made = {at, front: first, back: end};
      first = end;
      return made;
    });
  }

  /** Places that nobody has taken yet. */
  get untakenCount(): number {
    return this.#lanes.reduce((count, lane) => count + this.#untakenOf(lane), 0);
  }

  /**
   * Says which lane a worker is to take from: the one that it wishes, such as the one that it had in the screening before
   * and has kept things of; or else one that nobody has joined. Undefined where each is somebody's own.
   */
  join(wished?: number): number | undefined {
    const wishes = wished === undefined ? [] : [wished];
    for (const number of [...wishes, ...this.#lanes.keys()]) {
      const lane = this.#lanes[number];
      if (lane && Atomics.compareExchange(this.#cells, lane.at + JOINED, 0, 1) === 0) return number;
    }
    return undefined;
  }

  /** Takes the next place of a lane, or else the last of the fullest one; undefined where none is left at all. */
  take(number: number | undefined): number | undefined {
    const own = number === undefined ? undefined : this.#lanes[number];
    const place = own && this.#takeFront(own);
    if (place !== undefined) return place;
    for (let lane = this.#fullest(); lane !== undefined; lane = this.#fullest()) {
      const stolen = this.#takeBack(lane);
      if (stolen !== undefined) return stolen;
    }
    return undefined;
  }

  #takeFront(lane: Lane): number | undefined {
    while (lane.front < lane.back) {
      const place = lane.front++;
      if (this.#claim(place)) return place;
    }
    return undefined;
  }

  #takeBack(lane: Lane): number | undefined {
    while (lane.back > lane.front) {
      const place = --lane.back;
      if (this.#claim(place)) return place;
    }
    return undefined;
  }

  /** In one step: a thread that dies between two would leave a count behind that no place stands for. */
  #claim(place: number): boolean {
    return Atomics.compareExchange(this.#cells, this.#placesAt + place, 0, 1) === 0;
  }

  /** The lane with most places left; undefined where there is none. */
  #fullest(): Lane | undefined {
    let fullest: Lane | undefined;
    let mostCount = 0;
    for (const lane of this.#lanes) {
      const count = this.#untakenOf(lane);
      if (count <= mostCount) continue;
      fullest = lane;
      mostCount = count;
    }
    return fullest;
  }

  #untakenOf({front, back}: Lane): number {
    let count = 0;
    for (let place = front; place < back; place++) {
      if (Atomics.load(this.#cells, this.#placesAt + place) === 0) count++;
    }
    return count;
  }
}

function memoryOf(sizes: readonly number[]): SharedArrayBuffer {
  const placeCount = sizes.reduce((count, size) => count + size, 0);
  const length = placesAt(sizes.length) + placeCount;
  const memory = new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT);
  const cells = new Int32Array(memory);
  cells[LANE_COUNT] = sizes.length;
  for (const [lane, size] of sizes.entries()) cells[laneAt(lane) + SIZE] = size;
  return memory;
}

function laneAt(lane: number): number {
  return LANE_COUNT + 1 + lane * LANE_NUMBERS;
}

/** Int32 position of place 0. */
function placesAt(laneCount: number): number {
  return laneAt(laneCount);
}
