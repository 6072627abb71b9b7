import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import type {Kline} from '../../src/market/kline.js';
import * as helpers from '../../src/screener/indicators/index.js';

/** Candles of these closes; the rest is as good as any. */
function candlesOf(closes: readonly number[]): Kline[] {
  return closes.map((close, i): Kline => {
    const text = String(close);
    return [i, text, text, text, text, '1', i, '0', 1, '0', '0', '0'];
  });
}

const CLOSES = fc.array(fc.double({min: 0.001, max: 1e5, noNaN: true}), {maxLength: 60});

/** Whole numbers that make a window, and what filters give by mistake. */
const PERIOD = fc.oneof(
  {weight: 9, arbitrary: fc.integer({min: 1, max: 25})},
  fc.constantFrom(0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY),
);

const isPeriod = (period: number) => Number.isInteger(period) && period >= 1;

/** To the last bit: results must not depend on whether several are computed side by side. */
function same(t: ExecutionContext, got: unknown, expected: unknown): void {
  t.deepEqual(got, expected);
}

function emaSeries(values: readonly number[], period: number): (number | null)[] {
  if (!isPeriod(period)) return values.map(() => null);
  let average = 0;
  return values.map((value, i) => {
    if (i < period) average += value;
    if (i === period - 1) average /= period;
    if (i >= period) average += (value - average) * (2 / (period + 1));
    return i < period - 1 ? null : average;
  });
}

test('calculateBollingerBands() is mean and deviation of each window by itself', t => {
  const property = fc.property(
    CLOSES,
    PERIOD,
    fc.double({min: 0, max: 4, noNaN: true}),
    (closes, period, times) => {
      const bands = closes.map((_, i) => {
        if (!isPeriod(period) || i < period - 1) return [null, null, null];
        const window = closes.slice(i + 1 - period, i + 1);
        const mean = window.reduce((a, b) => a + b, 0) / period;
        const width =
          times * Math.sqrt(window.reduce((sum, x) => sum + (x - mean) ** 2, 0) / period);
        return [mean + width, mean, mean - width];
      });
      const [upper, middle, lower] = [0, 1, 2].map(band => bands.map(at => at[band]!));
      same(t, helpers.calculateBollingerBands(candlesOf(closes), period, times), {
        upper,
        middle,
        lower,
      });
      const [up, mid, low] = bands.at(-1) ?? [null, null, null];
      same(t, helpers.getLatestBollingerBands(candlesOf(closes), period, times), {
        upper: up,
        middle: mid,
        lower: low,
      });
    },
  );
  fc.assert(property);
});

test('calculateRSI() is Wilder’s, change by change, and the latest is its end', t => {
  const property = fc.property(CLOSES, PERIOD, (closes, period) => {
    const candles = candlesOf(closes);
    let [gain, loss] = [0, 0];
    const series = closes.map((close, i) => {
      const change = i === 0 ? 0 : close - closes[i - 1]!;
      const [up, down] = [Math.max(change, 0), Math.max(-change, 0)];
      if (i > 0 && i <= period) [gain, loss] = [gain + up / period, loss + down / period];
      if (i > period) {
        gain = (gain * (period - 1) + up) / period;
        loss = (loss * (period - 1) + down) / period;
      }
      if (i < period) return null;
      if (loss === 0) return gain === 0 ? 50 : 100;
      return 100 - 100 / (1 + gain / loss);
    });
    const isDefined = isPeriod(period) && closes.length > period;
    same(t, helpers.calculateRSI(candles, period), isDefined ? series : null);
    same(t, helpers.getLatestRSI(candles, period), isDefined ? series.at(-1)! : null);
  });
  fc.assert(property);
});

test('calculateMACDValues() is made of three exponential averages, and the latest is its end', t => {
  const property = fc.property(CLOSES, PERIOD, PERIOD, PERIOD, (closes, fast, slow, signal) => {
    const candles = candlesOf(closes);
    const [quick, calm] = [emaSeries(closes, fast), emaSeries(closes, slow)];
    same(t, helpers.calculateEMASeries(candles, fast), quick);
    same(t, helpers.getLatestEMA(candles, fast), quick.at(-1) ?? null);
    const macdLine = quick.map((value, i) => {
      const other = calm[i];
      return value === null || other === null || other === undefined ? null : value - other;
    });
    const defined = macdLine.filter(value => value !== null);
    const missing = macdLine.length - defined.length;
    const signalLine = [...new Array<null>(missing).fill(null), ...emaSeries(defined, signal)];
    const histogram = signalLine.map((value, i) => (value === null ? null : macdLine[i]! - value));
    same(t, helpers.calculateMACDValues(candles, fast, slow, signal), {
      macdLine,
      signalLine,
      histogram,
    });
    const latest = {
      macd: macdLine.at(-1) ?? null,
      signal: signalLine.at(-1) ?? null,
      histogram: histogram.at(-1) ?? null,
    };
    same(t, helpers.getLatestMACD(candles, fast, slow, signal), latest);
  });
  fc.assert(property);
});

test('getLatestStochRSI() is the end of calculateStochRSI()', t => {
  const property = fc.property(CLOSES, PERIOD, PERIOD, PERIOD, PERIOD, (closes, ...periods) => {
    const series = helpers.calculateStochRSI(candlesOf(closes), ...periods);
    same(t, helpers.getLatestStochRSI(candlesOf(closes), ...periods), series?.at(-1) ?? null);
  });
  fc.assert(property);
});

test('detectRSIDivergence() is detectGenericDivergence() of all closes and their RSI', t => {
  const lookback = fc.oneof(
    fc.integer({min: -2, max: 70}),
    fc.constantFrom(Number.NaN, 7.5, Number.POSITIVE_INFINITY),
  );
  const found = new Set<unknown>();
  const property = fc.property(
    CLOSES,
    PERIOD,
    lookback,
    fc.integer({min: 1, max: 8}),
    (closes, period, ...rest) => {
      const candles = candlesOf(closes);
      const strengths = helpers.calculateRSI(candles, period) ?? closes.map(() => null);
      const expected = helpers.detectGenericDivergence(closes, strengths, ...rest);
      found.add(expected);
      same(t, helpers.detectRSIDivergence(candles, period, ...rest), expected);
    },
  );
  const diverging = [9, 6, 8, 13, 2, 18, 1, 8, 6, 18, 19, 5, 6, 15];
  fc.assert(property, {examples: [[diverging, 3, 14, 2]]});
  t.true(found.has('bullish_regular'));
});

test('a helper that is called amid a call, by what stands in for a number or a text, spoils nothing', t => {
  const plain = candlesOf([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]);
  const other = candlesOf([7, 8, 6, 9, 5, 8, 7, 9, 6, 7, 8, 5, 9, 9, 7]);
  const callAll = () => {
    helpers.calculateBollingerBands(other, 3);
    helpers.calculateRSI(other, 2);
    helpers.calculateMACDValues(other, 2, 3, 2);
    helpers.calculateVWAPBands(other);
  };
  /** The same candles, whose texts are objects that call helpers when they are read. */
  const calling = plain.map(row =>
    row.map(field => {
      const read = () => {
        callAll();
        return field;
      };
      return typeof field === 'string' ? {toString: read} : field;
    }),
  ) as unknown as Kline[];
  const times = {
    valueOf() {
      callAll();
      return 2;
    },
  } as unknown as number;
  const all: Record<string, (klines: Kline[], multiplier: number) => unknown> = {
    bands: (klines, multiplier) => helpers.calculateBollingerBands(klines, 3, multiplier),
    band: (klines, multiplier) => helpers.getLatestBollingerBands(klines, 3, multiplier),
    rsi: klines => helpers.calculateRSI(klines, 2),
    latestRsi: klines => helpers.getLatestRSI(klines, 2),
    macd: klines => helpers.calculateMACDValues(klines, 2, 3, 2),
    vwap: klines => helpers.calculateVWAPSeries(klines),
    vwapBands: (klines, multiplier) => helpers.calculateVWAPBands(klines, 8, multiplier),
    vwapBand: (klines, multiplier) => helpers.getLatestVWAPBands(klines, 8, multiplier),
  };
  for (const [name, compute] of Object.entries(all)) {
    t.deepEqual(compute(calling, times), compute(plain, 2), name);
  }
});

type Indicator = (klines: unknown, ...args: number[]) => unknown;

const OVER_CANDLES = Object.entries(helpers as unknown as Record<string, Indicator>).filter(
  ([name]) =>
    /^(calculate|getLatest|getHighest|getLowest|detect)/.test(name) &&
    !['calculateSMA', 'calculateEMA', 'calculateMACD', 'detectGenericDivergence'].includes(name),
);

test('what says that it has another length by now gets nothing that another call has left behind', t => {
  const secret = candlesOf(Array.from({length: 80}, (_, i) => 1_234 + 7 * Math.sin(i)));
  const own = candlesOf([5, 6]);
  const told = (result: unknown): number[] =>
    JSON.stringify(result ?? null)
      .match(/-?\d+\.?\d*/g)
      ?.map(Number) ?? [];
  for (const [name, indicator] of OVER_CANDLES) {
    for (const [first, later] of [
      [60, 2],
      [2, 60],
      [60, 0],
    ] as const) {
      for (const honestReads of [1, 2, 3, 4]) {
        const secretNumbers = new Set(
          told(indicator(secret, 14)).filter(number => number % 1 !== 0),
        );
        let reads = 0;
        const lying = {
          ...own,
          get length() {
            return ++reads <= honestReads ? first : later;
          },
        };
        let result: unknown;
        try {
          result = indicator(lying, 14);
        } catch {
          continue;
        }
        const leaked = told(result).filter(number => secretNumbers.has(number));
        t.deepEqual(leaked, [], `${name} of ${first}, then ${later}`);
      }
    }
  }
});

test('no helper asks what stands in for candles for anything but its length and rows', t => {
  const asked = new Set<PropertyKey>();
  const candles = candlesOf(Array.from({length: 60}, (_, i) => 50 + 9 * Math.sin(i)));
  const spy = new Proxy(candles, {
    get(target, key) {
      asked.add(key);
      return Reflect.get(target, key);
    },
  });
  for (const [, indicator] of OVER_CANDLES) indicator(spy, 14);
  const names = [...asked].filter(key => !/^\d+$/.test(String(key)));
  t.deepEqual(names.sort(), ['at', 'length']);
});

test('no helper makes room for what only claims to be long', t => {
  const claims: [string, unknown][] = [
    ['length', {length: 1e9}],
    ['holes', new Array(3e8)],
    [
      'proxy',
      new Proxy([], {get: (_, key) => (key === 'length' ? 1e9 : ['1', '1', '1', '1', '1'])}),
    ],
  ];
  for (const [name, indicator] of OVER_CANDLES) {
    for (const [kind, claim] of claims) {
      for (const args of [[], [12, 26, 9]]) {
        const before = process.memoryUsage();
        try {
          indicator(claim, ...args);
        } catch (error) {
          t.true(error instanceof RangeError || error instanceof TypeError, `${name} ${kind}`);
        }
        const after = process.memoryUsage();
        const grown = after.heapUsed + after.external - before.heapUsed - before.external;
        t.true(grown < 64e6, `${name} of ${kind}: ${grown} bytes`);
      }
    }
  }
});

test('nor do those over plain values', t => {
  const claim = {length: 1e9};
  const over: (() => unknown)[] = [
    () => helpers.calculateEMA(claim, 3),
    () => helpers.calculateMACD(claim),
    () => helpers.detectGenericDivergence(claim, claim, 1e9),
  ];
  const message = 'Expected at most 1000000 candles or values, got 1000000000';
  for (const compute of over) t.throws(compute, {instanceOf: RangeError, message});
  t.is(helpers.detectGenericDivergence(claim, claim), null, 'thirty of them');
});

test('texts count as the numbers that they tell, and are not put together', t => {
  const texts = ['1', '2', '6'] as unknown as number[];
  t.is(helpers.calculateSMA(texts, 2), 4);
  const rising = candlesOf([1, 2, 3]).map((row, i) => row.with(5, String(i + 1)) as Kline);
  const series = helpers.calculatePVISeries(rising, '1000' as unknown as number);
  t.deepEqual(series, helpers.calculatePVISeries(rising, 1_000));
});

test('a result is not changed by the next call of the same helper', t => {
  const [one, other] = [candlesOf([1, 2, 3, 2, 4, 5]), candlesOf([9, 8, 9, 7, 6, 8])];
  for (const compute of [
    (klines: Kline[]) => helpers.calculateBollingerBands(klines, 3),
    (klines: Kline[]) => helpers.calculateRSI(klines, 2),
    (klines: Kline[]) => helpers.calculateMACDValues(klines, 2, 3, 2),
    (klines: Kline[]) => helpers.calculateStochRSI(klines, 1, 2, 1, 1),
    (klines: Kline[]) => helpers.calculateEMASeries(klines, 2),
  ]) {
    const first = compute(one);
    const kept = structuredClone(first);
    t.notDeepEqual(compute(other), kept);
    t.deepEqual(first, kept);
  }
});
