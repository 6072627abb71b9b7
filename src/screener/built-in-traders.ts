import type {CloudTrader} from './trader.js';

/*
 * A filter that reads candles answers false where there are too few of them: a recording may
 * hold another interval than the simulated market's 5m and 15m. 60 candles fill every indicator below.
 */

const RSI_OVERSOLD = `
const candles = timeframes['15m'];
if (!candles || candles.length < 60) return false;
const rsi = helpers.getLatestRSI(candles, 14);
return {match: rsi !== null && rsi < 30, conditions: ['RSI(14) below 30']};
`;

const MOMENTUM_BREAK = `
const candles = timeframes['15m'];
if (!candles || candles.length < 60) return false;
const last = candles[candles.length - 1];
const high = helpers.getHighestHigh(candles.slice(0, -1), 20);
const volume = helpers.calculateAvgVolume(candles.slice(0, -1), 20);
if (high === null || volume === null) return false;
return {
  match: parseFloat(last[4]) > high && parseFloat(last[5]) > volume,
  conditions: ['close above the high of 20 candles', 'volume above its average'],
};
`;

const VOLUME_SPIKE = `
const candles = timeframes['15m'];
if (!candles || candles.length < 60) return false;
const average = helpers.calculateAvgVolume(candles.slice(0, -1), 20);
if (average === null || average <= 0) return false;
const times = parseFloat(candles[candles.length - 1][5]) / average;
return {match: times > 2, conditions: ['volume more than twice its average of 20 candles']};
`;

const MACD_CROSS = `
const candles = timeframes['15m'];
if (!candles || candles.length < 60) return false;
const {macdLine, signalLine} = helpers.calculateMACDValues(candles, 12, 26, 9);
const [macdBefore, macd] = macdLine.slice(-2);
const [signalBefore, signal] = signalLine.slice(-2);
if ([macdBefore, macd, signalBefore, signal].some(value => typeof value !== 'number')) return false;
return {
  match: macdBefore <= signalBefore && macd > signal,
  conditions: ['MACD crossed above its signal line'],
};
`;

const BOLLINGER_LOW = `
const candles = timeframes['15m'];
if (!candles || candles.length < 60) return false;
const {lower} = helpers.getLatestBollingerBands(candles, 20, 2);
if (typeof lower !== 'number') return false;
return {
  match: parseFloat(candles[candles.length - 1][4]) < lower,
  conditions: ['close below the lower Bollinger band (20, 2)'],
};
`;

const EMA_TREND = `
const fast = timeframes['5m'];
const slow = timeframes['15m'];
if (!fast || fast.length < 60 || !slow || slow.length < 60) return false;
const fastEma = helpers.getLatestEMA(fast, 20);
const slowEma20 = helpers.getLatestEMA(slow, 20);
const slowEma50 = helpers.getLatestEMA(slow, 50);
if (fastEma === null || slowEma20 === null || slowEma50 === null) return false;
return {
  match: parseFloat(fast[fast.length - 1][4]) > fastEma && slowEma20 > slowEma50,
  conditions: ['5m close above EMA(20)', '15m EMA(20) above EMA(50)'],
};
`;

const STOCHASTIC_TURN = `
const candles = timeframes['5m'];
if (!candles || candles.length < 60) return false;
const before = helpers.calculateStochastic(candles.slice(0, -1), 14, 3, 3);
const now = helpers.calculateStochastic(candles, 14, 3, 3);
if (!before || !now) return false;
return {
  match: before.k < 20 && before.k <= before.d && now.k > now.d,
  conditions: ['stochastic %K turned above %D from below 20'],
};
`;

const TICKER_MOVER = `
const change = parseFloat(ticker.P);
return {match: Math.abs(change) >= 3, conditions: ['24 h change of 3 % or more, up or down']};
`;

/** The traders that are screened where no traders file is given. Frozen, filters and all. */
export const BUILT_IN_TRADERS: readonly CloudTrader[] = Object.freeze([
  trader('rsi-oversold', 'RSI Oversold', RSI_OVERSOLD, '15m'),
  trader('momentum-break', 'Momentum Break', MOMENTUM_BREAK, '15m'),
  trader('volume-spike', 'Volume Spike', VOLUME_SPIKE, '15m'),
  trader('macd-cross', 'MACD Cross', MACD_CROSS, '15m'),
  trader('bollinger-low', 'Bollinger Low', BOLLINGER_LOW, '15m'),
  trader('ema-trend', 'EMA Trend', EMA_TREND, '5m', '15m'),
  trader('stochastic-turn', 'Stochastic Turn', STOCHASTIC_TURN, '5m'),
  trader('ticker-mover', 'Ticker Mover', TICKER_MOVER, '15m'),
]);

function trader(
  id: string,
  name: string,
  code: string,
  ...requiredTimeframes: ('5m' | '15m')[]
): CloudTrader {
  const refreshInterval = requiredTimeframes[0]!;
  const filter = {code: code.trim(), refreshInterval, requiredTimeframes};
  Object.freeze(requiredTimeframes);
  return Object.freeze({id, name, enabled: true, filter: Object.freeze(filter)});
}
