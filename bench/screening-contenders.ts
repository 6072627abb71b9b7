import {MetricsHub} from '../src/index.js';
import {bindCatalogue} from '../src/metrics/catalogue.js';
import type {ScreenerPoolOptions} from '../src/pool/pool-options.js';
import {ScreenerPool, type ScreeningMarket} from '../src/pool/screener-pool.js';
import type {Role} from './measure.js';
import {CloningPool, type Found} from './peers/cloning-pool.js';
import {Floor} from './peers/floor.js';
import {CandleSource, MapsMarket, type MarketSize, StoreMarket} from './screening-market.js';
import {BENCH_TRADERS} from './screening-traders.js';
import {unrecorded} from './unrecorded.js';

/** Workers of each pool. */
export const WORKERS = 2;

/** Names of those compared. */
export const CLONING = 'clones everything';
export const STORE = 'ours, store, built-in helpers';
export const STORE_OWN = 'ours, store, own helpers';
export const MAPS = 'ours, Maps, built-in helpers';
export const MAPS_REPLACED = 'ours, Maps whose rows are replaced, built-in helpers';
export const MAPS_OWN = 'ours, Maps, own helpers';
export const UNRECORDED = 'ours, store, built-in helpers, nothing recorded';
export const floorName = (threads: number) =>
  `filters alone, ${threads} thread${threads === 1 ? '' : 's'}`;

/** Far beyond what a filter takes, however busy the machine is: a quarantined one would cost nothing. */
export const TASK_TIMEOUT_MS = 120_000;

/** One of those compared. */
export interface Contender {
  readonly name: string;
  readonly role: Role;
  /** Adds one candle to each series; not measured. */
  advance(): void | Promise<void>;
  /** Screens all traders; the symbols that matched anew or still, where it knows them by name. */
  screen(): Promise<Found>;
  close(): Promise<unknown>;
}

/** All who screen a market of that size, each with one of its own. */
export async function createContenders(size: MarketSize): Promise<Contender[]> {
  const source = new CandleSource(size.symbols);
  const helpers = new URL('../src/screener/indicators/index.js', import.meta.url);
  return [
    createCloning(source, size),
    await createFloor(WORKERS, size),
    await createFloor(1, size),
    await createStorePool(STORE, source, size),
    await createStorePool(UNRECORDED, source, size, unrecorded()),
    await createStorePool(STORE_OWN, source, size, {helpers}),
    await createMapsPool(MAPS, source, size),
    await createMapsPool(MAPS_REPLACED, source, size, {rowsAreReplaced: true}),
    await createMapsPool(MAPS_OWN, source, size, {helpers}),
  ];
}

function createCloning(source: CandleSource, size: MarketSize): Contender {
  const pool = new CloningPool(WORKERS);
  const market = new MapsMarket(source, size);
  return {
    name: CLONING,
    role: 'peer',
    advance: () => market.advance(),
    screen: () => pool.screen(BENCH_TRADERS, market.data),
    close: () => pool.close(),
  };
}

async function createFloor(threadCount: number, size: MarketSize): Promise<Contender> {
  const floor = await Floor.start(threadCount, size, BENCH_TRADERS);
  return {
    name: floorName(threadCount),
    role: 'floor',
    advance: () => floor.advance(),
    screen: () => floor.screen(),
    close: () => floor.close(),
  };
}

async function createStorePool(
  name: string,
  source: CandleSource,
  size: MarketSize,
  options: ScreenerPoolOptions = {},
): Promise<Contender> {
  const market = new StoreMarket(source, size);
  const {tickers} = market.store;
  const marketNow = () => {
    return {symbols: source.symbols, tickers, klines: market.store.snapshot(), timestamp: 0};
  };
  return createPool(name, () => market.advance(), marketNow, options);
}

async function createMapsPool(
  name: string,
  source: CandleSource,
  size: MarketSize,
  options: ScreenerPoolOptions = {},
): Promise<Contender> {
  const market = new MapsMarket(source, size);
  return createPool(
    name,
    () => market.advance(),
    () => market.data,
    options,
  );
}

async function createPool(
  name: string,
  advance: () => void,
  marketNow: () => ScreeningMarket,
  options: ScreenerPoolOptions,
): Promise<Contender> {
  const hub = new MetricsHub();
  const metrics = bindCatalogue(hub.recorder);
  const pool = new ScreenerPool({hub, metrics, taskTimeoutMs: TASK_TIMEOUT_MS, ...options});
  await pool.initialize(WORKERS);
  const matched = new Map<string, Set<string>>();
  const screen = async () => {
    const results = await pool.executeFilters(BENCH_TRADERS, marketNow());
    return new Map(
      [...results].map(([id, {matches, continuingMatches = 0, error, throws}]) => {
        if (error !== undefined) throw new Error(`Expected ${id} to be screened, got ${error}`);
        if (throws !== undefined) throw new Error(`Expected no throw, got ${throws.firstMessage}`);
        const symbols = matches.map(({symbol}) => symbol);
        matched.set(id, new Set(symbols));
        return [id, [...symbols, ...new Array<string>(continuingMatches).fill('(continuing)')]];
      }),
    );
  };
  return {name, role: 'ours', advance, screen, close: () => pool.shutdown()};
}
