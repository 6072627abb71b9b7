/**
 * The `helpers` that users' filters get unless the screener brings its own module: pure functions
 * over candles, oldest first, that never throw on too few of them.
 *
 * Only what filters call is exported by name, so that `helpers` holds nothing else.
 */
export {
  type BollingerPoint,
  type BollingerSeries,
  calculateBollingerBands,
  getLatestBollingerBands,
} from './bollinger.js';
export {calculateADX, calculateStochastic} from './directional.js';
export {type Divergence, detectGenericDivergence, detectRSIDivergence} from './divergence.js';
export {getHighestHigh, getLowestLow} from './extremes.js';
export {
  calculateMACD,
  calculateMACDValues,
  getLatestMACD,
  type MACDNumbers,
  type MACDPoint,
  type MACDSeries,
} from './macd.js';
export {
  calculateEMA,
  calculateEMASeries,
  calculateMA,
  calculateMASeries,
  calculateSMA,
  getLatestEMA,
} from './moving-averages.js';
export {detectEngulfingPattern} from './patterns.js';
export {
  calculateRSI,
  calculateStochRSI,
  getLatestRSI,
  getLatestStochRSI,
  type OscillatorPoint,
} from './relative-strength.js';
export type {Series} from './series.js';
export {calculateAvgVolume, calculatePVISeries, getLatestPVI} from './volume.js';
export {
  calculateHighVolumeNodes,
  clearHVNCache,
  countHVNInRange,
  getClosestHVN,
  isNearHVN,
  type VolumeNode,
  type VolumeNodeOptions,
} from './volume-nodes.js';
export {
  calculateVWAP,
  calculateVWAPBands,
  calculateVWAPSeries,
  getLatestVWAP,
  getLatestVWAPBands,
  type VWAPBandPoint,
  type VWAPBandSeries,
} from './vwap.js';
