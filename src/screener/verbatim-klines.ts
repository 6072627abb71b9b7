import {deserialize} from 'node:v8';
import type {Kline} from '../market/kline.js';
import type {VerbatimSeries} from '../market/kline-layout.js';

/** The rows of a series that numbers can't tell, made anew at each call; undefined for undefined. */
export function readVerbatim(series: VerbatimSeries | undefined): Kline[] | undefined {
  if (series === undefined) return undefined;
  // Copied out first: strings can't be decoded from memory that others might write.
  return deserialize(new Uint8Array(series.rows).slice()) as Kline[];
}
