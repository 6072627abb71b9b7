import type {CloudTrader} from '../src/screener/trader.js';

/** Begins a filter: enough candles of the short interval, and its last close. */
const HEAD = `const k = timeframes['15m']; if (!k || k.length < 60) return false;
const c = parseFloat(k[k.length - 1][4]);`;

/** Ask for two intervals. */
const TWO_FRAMES = ['trend', 'rsi-both', 'macd-both', 'closes-both', 'vwap-both'];

/** What users' filters look like: several ask for the same indicators, some compute for themselves. */
const BODIES: Readonly<Record<string, string>> = {
  'rsi-low': 'const r = helpers.getLatestRSI(k, 14); return r !== null && r < 40;',
  'rsi-high': 'const r = helpers.getLatestRSI(k, 14); return r !== null && r > 60;',
  'rsi-both': `const r = helpers.getLatestRSI(k, 14), s = helpers.getLatestRSI(timeframes['1h'], 14);
    return r !== null && s !== null && r < s;`,
  breakout: `const h = helpers.getHighestHigh(k.slice(0, -1), 20); const v = helpers.calculateAvgVolume(k, 20);
    return {match: c > h && parseFloat(k[k.length - 1][5]) > v, conditions: ['close above high']};`,
  'volume-spike': `const v = helpers.calculateAvgVolume(k, 20);
    return v !== null && parseFloat(k[k.length - 1][5]) > 2 * v;`,
  'macd-cross': `const {macdLine, signalLine} = helpers.calculateMACDValues(k); const n = k.length - 1;
    return {match: macdLine[n - 1] <= signalLine[n - 1] && macdLine[n] > signalLine[n], conditions: ['MACD']};`,
  'macd-up': 'const m = helpers.getLatestMACD(k); return m.histogram !== null && m.histogram > 0;',
  'macd-both': `const m = helpers.getLatestMACD(k), n = helpers.getLatestMACD(timeframes['1h']);
    return m.histogram > 0 && n.histogram > 0;`,
  trend: `const b = timeframes['1h']; const f = helpers.getLatestEMA(k, 20), s = helpers.getLatestEMA(b, 50);
    return f !== null && s !== null && c > f && parseFloat(b[b.length - 1][4]) > s;`,
  'ema-stack': `const e = [9, 20, 50].map(p => helpers.getLatestEMA(k, p)); return e[0] > e[1] && e[1] > e[2];`,
  'bollinger-low':
    'const b = helpers.getLatestBollingerBands(k, 20, 2); return b.lower !== null && c < b.lower;',
  squeeze: `const {upper, lower, middle} = helpers.calculateBollingerBands(k, 20, 2);
    const w = upper.map((u, i) => u === null ? null : (u - lower[i]) / middle[i]).filter(x => x !== null);
    return w[w.length - 1] <= Math.min(...w.slice(-50));`,
  'stoch-rsi':
    'const s = helpers.getLatestStochRSI(k); return s !== null && s.k < 20 && s.k > s.d;',
  divergence: "return helpers.detectRSIDivergence(k) === 'bullish_regular';",
  volume: `const n = helpers.calculateHighVolumeNodes(k, {lookback: 100}); return helpers.isNearHVN(c, n);`,
  vwap: 'const v = helpers.getLatestVWAP(k, 96); return v !== null && c > v;',
  'vwap-both': `const v = helpers.getLatestVWAPBands(k, 96); const w = helpers.getLatestVWAP(timeframes['1h']);
    return v.upperBand !== null && c > v.upperBand && c > w;`,
  closes: `const closes = k.map(x => parseFloat(x[4])); const mean = closes.reduce((a, b) => a + b, 0) / closes.length;
    return c > mean * 1.05;`,
  'closes-both': `const up = timeframes['1h'].filter(x => parseFloat(x[4]) > parseFloat(x[1])).length;
    const [last, before] = [...k].reverse(); return up > timeframes['1h'].length / 2 && last[4] > before[4];`,
  engulfing:
    "return helpers.detectEngulfingPattern(k) === 'bullish' && helpers.calculateADX(k) > 3;",
};

/** Twenty traders over 15m candles, some over 1h candles, too. */
export const BENCH_TRADERS: readonly CloudTrader[] = Object.entries(BODIES).map(([id, body]) => ({
  id,
  name: id,
  enabled: true,
  filter: {
    code: `${HEAD}\n${body}`,
    requiredTimeframes: TWO_FRAMES.includes(id) ? ['15m', '1h'] : ['15m'],
  },
}));
