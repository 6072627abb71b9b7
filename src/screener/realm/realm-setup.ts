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
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
}

/** The functions inside of the realm. */
export interface RealmInside {
  readonly runner: FilterRunner;
  /** Removes what filters have added to the global object; false where that can't be. */
  readonly wipe: () => boolean;
}

/**
 * Runs inside the filters' realm, once, before the first filter: hardens it and makes what filters are run with.
 * @throws TypeError where the module of helpers exports no function.
 */
export function setUpRealm({names, exported, now}: RealmSetup): RealmInside {
  const wipe = hardenRealm(names);
  const klines = new SharedKlines();
  const helpers =
    exported === undefined
      ? harden(shareIndicators({handedOut: () => klines.handedOut}))
      : functionHelpers(exported);
  return {wipe, runner: new FilterRunner({helpers, klines, now})};
}
