import {shareIndicators} from '../shared-indicators.js';
import {SharedKlines} from '../shared-klines.js';
import {FilterRunner} from './filter-runner.js';
import {functionHelpers} from './function-helpers.js';
import {harden, hardenRealm} from './hardening.js';

/** Options of {@link setUpRealm}. */
export interface RealmSetup {
  /** Globals that filters may see. */
  readonly names: readonly string[];
  /** What the user's module of helpers exports; undefined for the built-in ones. */
  readonly exported: Readonly<Record<string, unknown>> | undefined;
  /** Candles of which rows are kept. */
  readonly rowsCachedMax: number;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
}

/** What was dropped at a limit in the realm. */
export interface RealmDrops {
  /** Rows beyond `ROWS_CACHED_MAX`. */
  readonly rowCount: number;
  /** Results of helpers beyond `RESULTS_PER_SERIES_MAX`. */
  readonly resultCount: number;
}

/** The functions inside of the realm. */
export interface RealmInside {
  readonly runner: FilterRunner;
  /** Removes what filters have added to the global object; false where that can't be. */
  readonly wipe: () => boolean;
  /**
   * What was dropped since the last call. Counted here and asked for: a function of Node's realm, called below a filter
   * that has used up the stack, would throw an error of that realm into its hands.
   */
  readonly takeDrops: () => RealmDrops;
}

/**
 * Runs inside the filters' realm, once, before the first filter: hardens it and makes what filters are run with.
 * @throws TypeError where the module of helpers exports no function.
 */
export function setUpRealm({names, exported, rowsCachedMax, now}: RealmSetup): RealmInside {
  const wipe = hardenRealm(names);
  let rowCount = 0;
  let resultCount = 0;
  const klines = new SharedKlines({
    rowsCachedMax,
    now,
    onRowsDropped(count) {
      rowCount += count;
    },
  });
  const onUncached = () => {
    resultCount++;
  };
  const takeDrops = () => {
    const drops = {rowCount, resultCount};
    rowCount = 0;
    resultCount = 0;
    return drops;
  };
  const helpers =
    exported === undefined
      ? harden(shareIndicators({handedOut: () => klines.handedOut, onUncached}))
      : functionHelpers(exported);
  return {wipe, takeDrops, runner: new FilterRunner({helpers, klines, now})};
}
