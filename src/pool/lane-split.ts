/** What a trader's run costs, and what it uses that others may use, too. */
export interface LaneLoad {
  /** Milliseconds; undefined where it never ran. */
  readonly costMs: number | undefined;
  /** Hashes; see `UseNotes`. */
  readonly uses: ReadonlySet<number>;
}

/** A load on its way into a lane. */
interface Candidate {
  readonly index: number;
  readonly hasRun: boolean;
  /** Milliseconds; the mean of the others where it never ran. */
  readonly costMs: number;
  /** Its uses that others have, too, each with all who have it: as far as one lane has room for all of these. */
  readonly shared: Users[];
  /** Of `shared`, those that the lane has which is being filled. */
  sharedCount: number;
}

/** All candidates that have a use in common. */
type Users = readonly Candidate[];

/** A lane as far as it is filled. */
interface Lane {
  readonly taken: Candidate[];
  costMs: number;
}

/**
 * Splits loads into lanes of about the same cost, so that what several of them use is computed in as few lanes as may be.
 * First each lane takes loads that use the same, beginning with the dearest, as long as they fit into an equal part; then what
 * is left goes, the dearest first, to whichever lane is lightest (Graham's longest-processing-time rule). No lane costs more
 * than an equal part and the dearest load together.
 * @returns Positions of the loads, by lane: those that never ran first, as they may be anything, then the dearest.
 */
export function splitIntoLanes(loads: readonly LaneLoad[], laneCount: number): number[][] {
  const candidates = candidatesOf(loads).sort(byCost);
  const roomMs = candidates.reduce((ms, {costMs}) => ms + costMs, 0) / laneCount;
  findShared(candidates, loads, roomMs);
  const lanes = Array.from({length: laneCount}, (): Lane => ({taken: [], costMs: 0}));
  const left = new Set(candidates);
  for (const lane of lanes) takeSharing(lane, left, roomMs);
  for (const candidate of left) {
    put(candidate, lanes.reduce(lighterOf));
  }
  return lanes.map(({taken}) => taken.sort(byCost).map(({index}) => index));
}

/** How much longer the dearest lane takes than the mean of all: 1 where all cost the same. */
export function imbalanceOf(lanes: readonly (readonly LaneLoad[])[]): number {
  const meanMs = meanCostOf(lanes.flat());
  const costs = lanes.map(loads => loads.reduce((ms, load) => ms + (load.costMs ?? meanMs), 0));
  const total = costs.reduce((a, b) => a + b, 0);
  return total === 0 ? 1 : (Math.max(...costs) * lanes.length) / total;
}

function candidatesOf(loads: readonly LaneLoad[]): Candidate[] {
  const meanMs = meanCostOf(loads);
  return loads.map(({costMs}, index) => ({
    index,
    hasRun: costMs !== undefined,
    costMs: costMs ?? meanMs,
    shared: [],
    sharedCount: 0,
  }));
}

/** Of those that ran; 1 where none did, or all in no time. */
function meanCostOf(loads: readonly LaneLoad[]): number {
  let sumMs = 0;
  let count = 0;
  for (const {costMs} of loads) {
    if (costMs === undefined) continue;
    sumMs += costMs;
    count++;
  }
  return sumMs > 0 ? sumMs / count : 1;
}

function byCost(a: Candidate, b: Candidate): number {
  return Number(a.hasRun) - Number(b.hasRun) || b.costMs - a.costMs || a.index - b.index;
}

function findShared(
  candidates: readonly Candidate[],
  loads: readonly LaneLoad[],
  roomMs: number,
): void {
  const usersByUse = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    for (const use of loads[candidate.index]!.uses) {
      const users = usersByUse.get(use);
      if (users === undefined) usersByUse.set(use, [candidate]);
      else users.push(candidate);
    }
  }
  for (const users of usersByUse.values()) {
    const costMs = users.reduce((ms, user) => ms + user.costMs, 0);
    if (users.length === 1 || costMs > roomMs) continue;
    for (const user of users) user.shared.push(users);
  }
}

/** Begins a lane with the dearest load that shares a use, and goes on with what has most in common with those it has. */
function takeSharing(lane: Lane, left: Set<Candidate>, roomMs: number): void {
  const uses = new Set<Users>();
  let next = firstSharing(left);
  while (next !== undefined) {
    left.delete(next);
    put(next, lane);
    for (const users of next.shared) {
      if (uses.has(users)) continue;
      uses.add(users);
      for (const user of users) user.sharedCount++;
    }
    next = undefined;
    for (const candidate of left) {
      const {sharedCount, costMs} = candidate;
      if (sharedCount > (next?.sharedCount ?? 0) && lane.costMs + costMs <= roomMs) {
        next = candidate;
      }
    }
  }
  for (const candidate of left) candidate.sharedCount = 0;
}

/** The first that has a use in common with another one that is left. */
function firstSharing(left: ReadonlySet<Candidate>): Candidate | undefined {
  for (const candidate of left) {
    const isShared = (users: Users) => users.some(user => user !== candidate && left.has(user));
    if (candidate.shared.some(isShared)) return candidate;
  }
  return undefined;
}

/** Of two that cost the same, the one with fewer loads: what costs nothing takes time, too. */
function lighterOf(a: Lane, b: Lane): Lane {
  return b.costMs < a.costMs || (b.costMs === a.costMs && b.taken.length < a.taken.length) ? b : a;
}

function put(candidate: Candidate, lane: Lane): void {
  lane.taken.push(candidate);
  lane.costMs += candidate.costMs;
}
