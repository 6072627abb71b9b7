import {
  CATALOGUE,
  type FamilyKey,
  IGNORED_REASONS,
  type Metrics,
  REST_STATUSES,
  STREAM_MESSAGE_TYPES,
  STREAM_STATES,
} from '../../metrics/catalogue.js';
import type {CounterSeries} from '../../metrics/counter.js';
import type {FrameType} from './frame.js';
import type {StreamState} from './stream-client.js';

/** The families that tell of the exchange's connection. */
export const FEED_FAMILIES = [
  'binanceWsConnected',
  'binanceWsReconnects',
  'binanceWsMessages',
  'binanceWsLatency',
  'binanceWsRenewals',
  'binanceWsPings',
  'binanceUpdatesIgnored',
  'binanceRestRequests',
  'binanceRestWeightUsed',
  'binanceTickerUpdates',
  'klineRepairsPending',
] as const satisfies readonly FamilyKey[];

/** Metrics of a feed. */
export type FeedMetrics = Metrics<(typeof FEED_FAMILIES)[number]>;

/** Counts what a feed does, with handles kept for what happens with every message. */
export class FeedMeter {
  readonly #metrics: FeedMetrics;
  readonly #forget: (family: string, labels: Readonly<Record<string, string>>) => unknown;
  readonly #messages: Readonly<Record<FrameType, CounterSeries>>;
  readonly #ignored: Readonly<Record<(typeof IGNORED_REASONS)[number], CounterSeries>>;
  /** Of the symbols asked for. */
  readonly #tickers = new Map<string, CounterSeries>();

  /** @param forget takes a series off the page, as `MetricsHub.forget()` does */
  constructor(
    metrics: FeedMetrics,
    forget: (family: string, labels: Readonly<Record<string, string>>) => unknown = () => {},
  ) {
    this.#metrics = metrics;
    this.#forget = forget;
    this.#messages = Object.fromEntries(
      STREAM_MESSAGE_TYPES.map(type => [type, metrics.binanceWsMessages.labels({type})]),
    ) as Record<FrameType, CounterSeries>;
    this.#ignored = Object.fromEntries(
      IGNORED_REASONS.map(reason => [reason, metrics.binanceUpdatesIgnored.labels({reason})]),
    ) as Record<(typeof IGNORED_REASONS)[number], CounterSeries>;
    for (const status of REST_STATUSES) metrics.binanceRestRequests.ensure({status});
    this.state('disconnected');
  }

  state(state: StreamState): void {
    for (const status of STREAM_STATES) {
      this.#metrics.binanceWsConnected.set({status}, status === state ? 1 : 0);
    }
  }

  message(type: FrameType): void {
    this.#messages[type].inc();
  }

  /** Milliseconds from an event to its receipt. Clocks differ: what would be negative is 0. */
  latency(latencyMs: number): void {
    this.#metrics.binanceWsLatency.observe(Math.max(0, latencyMs));
  }

  ignored(reason: (typeof IGNORED_REASONS)[number]): void {
    this.#ignored[reason].inc();
  }

  reconnected(): void {
    this.#metrics.binanceWsReconnects.inc();
  }

  renewed(): void {
    this.#metrics.binanceWsRenewals.inc();
  }

  ping(): void {
    this.#metrics.binanceWsPings.inc();
  }

  ticker(symbol: string): void {
    this.#tickers.get(symbol)?.inc();
  }

  answer(status: string): void {
    const known = REST_STATUSES.find(one => one === status);
    this.#metrics.binanceRestRequests.inc({
      status: known ?? (status.startsWith('5') ? '5xx' : '4xx'),
    });
  }

  /** What holds at the moment of a scrape. */
  report({weightUsed, repairsPending}: {weightUsed: number; repairsPending: number}): void {
    this.#metrics.binanceRestWeightUsed.set(weightUsed);
    this.#metrics.klineRepairsPending.set(repairsPending);
  }

  addSymbol(symbol: string): void {
    this.#tickers.set(symbol, this.#metrics.binanceTickerUpdates.labels({symbol}));
  }

  removeSymbol(symbol: string): void {
    this.#tickers.delete(symbol);
    this.#metrics.binanceTickerUpdates.remove({symbol});
    this.#forget(CATALOGUE.binanceTickerUpdates.name, {symbol});
  }
}
