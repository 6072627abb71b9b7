import {CATALOGUE} from '../metrics/catalogue.js';
import {PROCESS_FAMILIES, THREAD_FAMILIES} from '../metrics/thread-families.js';

/** Every family of the machine's page: the catalogue, then those of its process and threads. The only source of names here. */
export const FAMILIES = {
  ...CATALOGUE,
  processCpuUser: PROCESS_FAMILIES.cpuUser,
  processCpuSystem: PROCESS_FAMILIES.cpuSystem,
  processResidentMemory: PROCESS_FAMILIES.residentMemory,
  processStartTime: PROCESS_FAMILIES.startTime,
  threadHeapUsed: THREAD_FAMILIES.heapUsed,
  threadHeapLimit: THREAD_FAMILIES.heapLimit,
  threadLoopUtilization: THREAD_FAMILIES.utilization,
  threadLoopActive: THREAD_FAMILIES.active,
  threadLoopLag: THREAD_FAMILIES.lag,
} as const;

/** Name of a family in code. */
export type ShownKey = keyof typeof FAMILIES;

/** Names in code of the families of one type. */
export type KeyOfType<T extends 'counter' | 'gauge' | 'histogram'> = {
  [Key in ShownKey]: (typeof FAMILIES)[Key]['type'] extends T ? Key : never;
}[ShownKey];

/** The labels that a family's declaration names. */
export type LabelOf<Key extends ShownKey> = (typeof FAMILIES)[Key] extends {
  readonly labelNames: readonly (infer L extends string)[];
}
  ? L
  : never;
