import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import test, {type ExecutionContext} from 'ava';

const folder = resolve(process.cwd(), '../shared/market-data/klines');

/** A folder of recorded candles. */
export function recordedKlines(set: string): string {
  return resolve(folder, set);
}

/** A test of recorded data: skipped where there is none, unless THREADTALLY_REQUIRE_ALL=1. */
export function testWithKlines(title: string, run: (t: ExecutionContext) => Promise<void>): void {
  if (existsSync(folder) || process.env.THREADTALLY_REQUIRE_ALL === '1') test(title, run);
  else test.skip(`${title} (no recorded market data in ../shared)`, run);
}
