import type {MetricsHub} from '../hub/metrics-hub.js';
import {
  CATALOGUE,
  type FamilyKey,
  type Metrics,
  RUNAWAY_REASONS,
  TRADER_ERROR_REASONS,
} from '../metrics/catalogue.js';
import type {CloudTrader} from '../screener/trader.js';

/** Families with a series a trader, labelled by id and name. */
const NAMED_FAMILIES = [
  'traderScreenings',
  'traderMatches',
  'traderSignals',
  'traderNewMatches',
  'traderContinuingMatches',
  'traderExecutionTime',
  'traderQuarantined',
] as const satisfies readonly FamilyKey[];

/** Families with a series a trader and reason, and their reasons. */
const REASONS = Object.freeze({
  traderRunaways: RUNAWAY_REASONS,
  traderErrors: TRADER_ERROR_REASONS,
});

/** Names in code of the families with reasons. */
const REASONED_FAMILIES = ['traderRunaways', 'traderErrors'] as const;

/** Families with a series a trader. */
export const TRADER_FAMILIES = [
  ...NAMED_FAMILIES,
  ...REASONED_FAMILIES,
  'traderSymbolsWatching',
] as const;

/** Metrics with a series a trader. */
export type TraderMetrics = Metrics<(typeof TRADER_FAMILIES)[number]>;

/** The traders that are screened now, and their series: those of a new trader stand at 0 at once, a removed one's leave. */
export class TraderRoster {
  readonly #hub: MetricsHub;
  readonly #metrics: TraderMetrics;
  readonly #onLeave: (traderId: string) => void;
  /** Names by id. */
  readonly #names = new Map<string, string>();

  /** @param onLeave Told the id of each trader that is removed; a renamed one stays. */
  constructor(hub: MetricsHub, metrics: TraderMetrics, onLeave: (traderId: string) => void) {
    this.#hub = hub;
    this.#metrics = metrics;
    this.#onLeave = onLeave;
  }

  /** True where the trader stands on the roster. */
  has(traderId: string): boolean {
    return this.#names.has(traderId);
  }

  /** Makes the roster equal to the list, which must not name an id twice. */
  update(traders: readonly Pick<CloudTrader, 'id' | 'name'>[]): void {
    const names = new Map(traders.map(({id, name}) => [id, name]));
    for (const [id, name] of [...this.#names]) {
      if (names.get(id) === name) continue;
      this.#names.delete(id);
      this.#dropSeries(id, name);
      if (!names.has(id)) this.#onLeave(id);
    }
    for (const [id, name] of names) {
      if (this.#names.has(id)) continue;
      this.#names.set(id, name);
      this.#startSeries(id, name);
    }
  }

  #startSeries(id: string, name: string): void {
    for (const key of NAMED_FAMILIES) {
      this.#metrics[key].ensure({trader_id: id, trader_name: name});
    }
    for (const key of REASONED_FAMILIES) {
      for (const reason of REASONS[key]) {
        this.#metrics[key].ensure({trader_id: id, trader_name: name, reason});
      }
    }
    this.#metrics.traderSymbolsWatching.ensure({trader_id: id});
  }

  #dropSeries(id: string, name: string): void {
    const labels = {trader_id: id, trader_name: name};
    for (const key of NAMED_FAMILIES) {
      this.#metrics[key].remove(labels);
      this.#hub.forget(CATALOGUE[key].name, labels);
    }
    for (const key of REASONED_FAMILIES) {
      for (const reason of REASONS[key]) {
        this.#metrics[key].remove({...labels, reason});
        this.#hub.forget(CATALOGUE[key].name, {...labels, reason});
      }
    }
    this.#metrics.traderSymbolsWatching.remove({trader_id: id});
    this.#hub.forget(CATALOGUE.traderSymbolsWatching.name, {trader_id: id});
  }
}
