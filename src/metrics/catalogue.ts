import {HUB_FAMILIES} from './catalogue/hub.js';
import {LIVE_FAMILIES} from './catalogue/live.js';
import {KLINE_FAMILIES, STREAM_FAMILIES} from './catalogue/market.js';
import {POOL_FAMILIES} from './catalogue/pool.js';
import {SIGNAL_FAMILIES} from './catalogue/signals.js';
import {SYNC_FAMILIES} from './catalogue/sync.js';
import {TRADER_FAMILIES} from './catalogue/traders.js';
import type {Counter} from './counter.js';
import type {FamilyOptions, FamilyType} from './family.js';
import type {Gauge} from './gauge.js';
import type {Histogram} from './histogram.js';
import type {Recorder} from './recorder.js';

export {COLLECT_FAILURES, type CollectFailure, MESSAGE_DROP_REASONS} from './catalogue/hub.js';
export {LIVE_REJECTIONS, type LiveRejection} from './catalogue/live.js';
export {
  IGNORED_REASONS,
  REST_STATUSES,
  STREAM_MESSAGE_TYPES,
  STREAM_STATES,
} from './catalogue/market.js';
export {REFUSAL_REASONS} from './catalogue/pool.js';
export {SYNC_DROP_REASONS, SYNC_QUEUES} from './catalogue/sync.js';
export {
  RUNAWAY_REASONS,
  type RunawayReason,
  TRADER_ERROR_REASONS,
  type TraderErrorReason,
} from './catalogue/traders.js';

/**
 * Every family that hub and machine expose, declared once, a file a part; dashboards, alerts and docs derive from it. The
 * order is that of the page: where a scraper limits series the last ones lose, so families with few series come first.
 */
export const CATALOGUE = {
  ...HUB_FAMILIES,
  ...LIVE_FAMILIES,
  ...POOL_FAMILIES,
  ...STREAM_FAMILIES,
  ...SIGNAL_FAMILIES,
  ...SYNC_FAMILIES,
  ...TRADER_FAMILIES,
  ...KLINE_FAMILIES,
} as const;

/** Name of a family in code. */
export type FamilyKey = keyof typeof CATALOGUE;

type Entry = (typeof CATALOGUE)[FamilyKey];
type LabelOf<E extends Entry> = E extends {readonly labelNames: readonly (infer L extends string)[]}
  ? L
  : never;
type MetricOf<E extends Entry> = E['type'] extends 'counter'
  ? Counter<LabelOf<E>>
  : E['type'] extends 'gauge'
    ? Gauge<LabelOf<E>>
    : Histogram<LabelOf<E>>;

/** Metrics by name in code, their labels checked by the compiler. */
export type Metrics<K extends FamilyKey = FamilyKey> = {
  readonly [Key in K]: MetricOf<(typeof CATALOGUE)[Key]>;
};

/** Every family's name in code, in the order of the page. */
export const FAMILY_KEYS = Object.freeze(Object.keys(CATALOGUE)) as readonly FamilyKey[];

/** Declares families of the catalogue with a thread's recorder: those that this thread records, all by default. */
export function bindCatalogue<K extends FamilyKey = FamilyKey>(
  recorder: Recorder,
  keys: readonly K[] = FAMILY_KEYS as readonly K[],
): Metrics<K> {
  const bound = keys.map(key => {
    const {type, ...options} = CATALOGUE[key] as FamilyOptions & {type: FamilyType};
    return [key, recorder[type](options)];
  });
  return Object.freeze(Object.fromEntries(bound));
}
