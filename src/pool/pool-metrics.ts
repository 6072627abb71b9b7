import type {FamilyKey, Metrics} from '../metrics/catalogue.js';
import {TRADER_FAMILIES} from './trader-roster.js';

/** The families that the pool records on the main thread. */
export const POOL_FAMILIES = [
  ...TRADER_FAMILIES,
  'screenerWorkersActive',
  'screenerWorkersIdle',
  'screenerQueueDepth',
  'screenerTasksRefused',
  'screenerTasksRerun',
  'screenerSeriesVerbatim',
] as const satisfies readonly FamilyKey[];

/** Metrics that the pool records. */
export type PoolMetrics = Metrics<(typeof POOL_FAMILIES)[number]>;
