import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {temporaryFolder} from './temporary-folder.js';

/** A recording of 15m candles whose close climbs, so that some filters match. Three are missing before candle 50. */
export function writtenRecording(t: ExecutionContext, candleCount: number): string {
  const folder = temporaryFolder(t);
  const lines = Array.from({length: candleCount}, (_, i) => {
    const openTime = 1_767_225_600_000 + (i >= 50 ? i + 3 : i) * 900_000;
    const price = (100 + i + (i % 7)).toFixed(2);
    const volume = i % 10 === 0 ? '500' : '20';
    return `${openTime},${price},${price},${price},${price},${volume},${openTime + 899_999},1,1,1,1,0`;
  });
  for (const symbol of ['AUSDT', 'BUSDT']) {
    writeFileSync(join(folder, `${symbol}-15m.csv`), `${lines.join('\n')}\n`);
  }
  return folder;
}
