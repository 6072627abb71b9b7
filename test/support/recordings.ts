import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';
import test, {type ImplementationFn} from 'ava';
import type {Kline} from '../../src/market/kline.js';

const candidateDir = path.resolve(process.cwd(), '../shared');

/**
 * The folder of recorded market data and results beside the project's root, which must be the
 * working directory; undefined where it isn't there, as it is no part of the repository.
 */
export const sharedDir: string | undefined = existsSync(candidateDir) ? candidateDir : undefined;

/**
 * AVA's `test` for tests that need {@link sharedDir}. Where the folder isn't there they are
 * skipped, and the title says why; with THREADTALLY_REQUIRE_ALL=1 they run, and so fail, all the
 * same.
 */
export function testWithRecordings(title: string, implementation: ImplementationFn<[]>): void {
  if (sharedDir !== undefined || process.env.THREADTALLY_REQUIRE_ALL === '1') {
    test(title, implementation);
  } else {
    test.skip(`${title} (skipped: needs the recordings in ../shared)`, implementation);
  }
}

/**
 * The path of a recorded file.
 *
 * @param segments Its path below {@link sharedDir}.
 * @throws Error where there are no recordings.
 */
export function recordingPath(...segments: string[]): string {
  if (sharedDir === undefined) throw new Error('Expected recordings in `../shared`, got no folder');
  return path.join(sharedDir, ...segments);
}

/**
 * All candles of one recorded file, oldest first. Prices and volumes keep the file's very digits; a
 * field that the source lacked is '0' or 0.
 */
export function readCandles(set: string, symbol: string, interval: string): Kline[] {
  const file = recordingPath('market-data', 'klines', set, `${symbol}-${interval}.csv.gz`);
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  return lines.map(line => candleOf(line.split(',')));
}

function candleOf(fields: string[]): Kline {
  const text = (index: number) => fields[index] || '0';
  return [
    Number(text(0)),
    text(1),
    text(2),
    text(3),
    text(4),
    text(5),
    Number(text(6)),
    text(7),
    Number(text(8)),
    text(9),
    text(10),
    text(11),
  ];
}
