import {shareIndicators} from '../shared-indicators.js';
import {SharedKlines} from '../shared-klines.js';
import {UseNotes} from '../use-notes.js';
import {type Allowance, makeAllowance} from './allowance.js';
import {countBuffers} from './counted-buffers.js';
import {countBigInts, countedConstructors} from './counted-constructors.js';
import {countIntl} from './counted-intl.js';
import {countMethods} from './counted-methods.js';
import {FilterRunner} from './filter-runner.js';
import {functionHelpers} from './function-helpers.js';
import {type Guards, makeCountIterable, makeGuards} from './guards.js';
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
  /** Ends the thread where so many bytes more are too many. */
  readonly look: (bytes: number) => void;
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
  /** To be called before each trader. */
  readonly begin: () => void;
  /** What the code of filters is given. */
  readonly guards: Guards;
  /** What filters find under names of constructors; by these names. */
  readonly constructors: ReadonlyMap<string, unknown>;
}

/**
 * Runs inside the filters' realm, once, before the first filter: hardens it and makes what filters are run with.
 * @throws TypeError where the module of helpers exports no function.
 */
export function setUpRealm(setup: RealmSetup): RealmInside {
  const {exported, rowsCachedMax, now} = setup;
  const allowance = makeAllowance(setup.look);
  const {guards, constructors, natives} = countMemory(allowance);
  const wipe = hardenRealm(setup.names, constructors, natives);
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
  const uses = new UseNotes();
  const helpers =
    exported === undefined
      ? harden(shareIndicators({handedOut: () => klines.handedOut, onUncached, uses}))
      : functionHelpers(exported);
  const runner = new FilterRunner({helpers, klines, uses, now});
  return {wipe, takeDrops, runner, begin: allowance.begin, guards, constructors};
}

/** Has what takes much memory in one step count it. */
function countMemory(allowance: Allowance) {
  const {charge, chargeNative, longText} = allowance;
  const countIterable = makeCountIterable(charge);
  const natives = countMethods({charge, longText, countIterable});
  countBuffers(charge);
  for (const [native, counted] of countIntl(chargeNative)) natives.set(native, counted);
  const constructors = new Map<string, unknown>(countedConstructors({charge, countIterable}));
  for (const [name, counted] of constructors) {
    natives.set((globalThis as unknown as Record<string, unknown>)[name], counted);
  }
  for (const [name, value] of countBigInts(charge)) constructors.set(name, value);
  return {guards: makeGuards(allowance, natives), constructors, natives};
}
