import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';
import {INTERVAL_MS, type Kline, type KlineInterval, type MarketData} from '../src/market/kline.js';
import {KlineStore} from '../src/market/kline-store.js';

/** The intervals of every symbol. */
const INTERVALS: readonly KlineInterval[] = ['15m', '1h'];

/** 200 symbols of real candles; the project reads them from beside its root and holds none. */
const FOLDER = path.resolve('../shared/market-data/klines/futures-um-9field-1h-200sym');

/** Epoch milliseconds at which all series begin. */
const ORIGIN_MS = 1_760_000_400_000 - (1_760_000_400_000 % 86_400_000);

/** How large a market is. */
export interface MarketSize {
  readonly symbols: number;
  readonly candles: number;
}

/** Real prices of many symbols, as an endless stream of candles: the same to all who read it. */
export class CandleSource {
  readonly symbols: readonly string[];
  readonly #rows = new Map<string, Kline[]>();

  /** @throws Error where the recordings aren't there. */
  constructor(symbolCount: number) {
    if (!existsSync(FOLDER)) throw new Error(`Expected recordings in \`${FOLDER}\`, got no folder`);
    const files = readdirSync(FOLDER).filter(name => name.endsWith('-1h.csv.gz'));
    const symbols: string[] = [];
    for (let i = 0; i < symbolCount; i++) {
      const file = files[i % files.length]!;
      // Beyond the recorded symbols they come again under other names.
      const symbol = `${file.split('-')[0]}${i < files.length ? '' : Math.floor(i / files.length)}`;
      symbols.push(symbol);
      this.#rows.set(symbol, readRows(path.join(FOLDER, file)));
    }
    this.symbols = symbols;
  }

  /** Candle `index` of a series: recorded numbers, at this series' times. New at each call. */
  candle(symbol: string, interval: KlineInterval, index: number): Kline {
    const rows = this.#rows.get(symbol)!;
    const row = rows[(index * (interval === '1h' ? 3 : 1)) % rows.length]!;
    const openTime = ORIGIN_MS + index * INTERVAL_MS[interval];
    return row.with(0, openTime).with(6, openTime + INTERVAL_MS[interval] - 1) as Kline;
  }
}

/** A caller's market of Maps: each candle an array, changed in place as callers do. */
export class MapsMarket {
  readonly data: MarketData;
  readonly #source: CandleSource;
  /** Candles that each series has had. */
  #next: number;

  constructor(source: CandleSource, {candles}: MarketSize) {
    this.#source = source;
    this.#next = candles;
    this.data = {symbols: [...source.symbols], tickers: new Map(), klines: new Map(), timestamp: 0};
    for (const symbol of source.symbols) {
      const intervals = new Map<KlineInterval, Kline[]>();
      for (const interval of INTERVALS) {
        const rows = Array.from({length: candles}, (_, i) => source.candle(symbol, interval, i));
        intervals.set(interval, rows);
      }
      this.data.klines.set(symbol, intervals);
      this.#quote(symbol);
    }
  }

  /** One new candle a series, the oldest leaves. */
  advance(): void {
    for (const [symbol, intervals] of this.data.klines) {
      for (const [interval, rows] of intervals) {
        rows.push(this.#source.candle(symbol, interval, this.#next));
        rows.shift();
      }
      this.#quote(symbol);
    }
    this.#next++;
  }

  #quote(symbol: string): void {
    const [c, q] = [this.data.klines.get(symbol)!.get('15m')!.at(-1)![4], '1000000.0000'];
    this.data.tickers.set(symbol, {s: symbol, P: '1.250', c, q});
  }
}

/** The same market in this project's store. */
export class StoreMarket {
  readonly store: KlineStore;
  readonly #source: CandleSource;
  #next = 0;

  constructor(source: CandleSource, {candles}: MarketSize) {
    this.#source = source;
    this.store = new KlineStore({candlesMax: candles});
    while (this.#next < candles) this.advance();
  }

  /** One new candle a series. */
  advance(): void {
    for (const symbol of this.#source.symbols) {
      for (const interval of INTERVALS) {
        const row = this.#source.candle(symbol, interval, this.#next);
        this.store.record(symbol, interval, row, true);
        if (interval !== '15m') continue;
        this.store.recordTicker({s: symbol, P: '1.250', c: row[4], q: '1000000.0000'});
      }
    }
    this.#next++;
  }
}

function readRows(file: string): Kline[] {
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  return lines.map(line => {
    const fields = line.split(',').map(field => field || '0');
    return fields.map((field, i) => ([0, 6, 8].includes(i) ? Number(field) : field)) as Kline;
  });
}
