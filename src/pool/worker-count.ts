import {shownNumber} from '../metrics/family.js';

/** Most worker threads of a pool. More are refused. */
export const WORKERS_MAX = 64;

/** @throws RangeError for what isn't an integer from 1 to {@link WORKERS_MAX}. */
export function checkWorkerCount(count: number): void {
  if (Number.isSafeInteger(count) && count >= 1 && count <= WORKERS_MAX) return;
  throw new RangeError(
    `Expected 1 to ${WORKERS_MAX} workers, got ${typeof count === 'number' ? count : shownNumber(count)}`,
  );
}
