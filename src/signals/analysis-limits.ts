/** Signals that are analysed at once, where nothing else is asked for; the others wait. */
export const ANALYSES_AT_ONCE = 4;

/**
 * Signals that wait, where nothing else is asked for. Beyond it the newest of the lowest priority, the newcomer among
 * them, fails and is counted in `analysis_failures_total{reason="queue_full"}`.
 */
export const ANALYSES_WAITING_MAX = 100;

/** Milliseconds a try, where nothing else is asked for; then it is aborted and counts as failed. */
export const ANALYSIS_TIMEOUT_MS = 30_000;

/** Tries a minute that can be asked for: as many times are remembered. */
export const ANALYSES_PER_MINUTE_MAX = 10_000;

/** What bounds an analysis queue. */
export interface AnalysisLimits {
  /** 1 or more; default {@link ANALYSES_AT_ONCE}. */
  readonly atOnceMax?: number | undefined;
  /** 0 or more; default {@link ANALYSES_WAITING_MAX}. */
  readonly waitingMax?: number | undefined;
  /** 1 or more; default {@link ANALYSIS_TIMEOUT_MS}. */
  readonly timeoutMs?: number | undefined;
  /** Tries in any minute, up to {@link ANALYSES_PER_MINUTE_MAX}, or 0 for no limit. Default 0. */
  readonly perMinuteMax?: number | undefined;
}

/** The same, with the defaults in place. */
export type TotalLimits = {readonly [Key in keyof AnalysisLimits]-?: number};

/** @throws RangeError for a limit out of its range. */
export function checkLimits({
  atOnceMax = ANALYSES_AT_ONCE,
  waitingMax = ANALYSES_WAITING_MAX,
  timeoutMs = ANALYSIS_TIMEOUT_MS,
  perMinuteMax = 0,
}: AnalysisLimits): TotalLimits {
  checkRange('atOnceMax', atOnceMax, 1);
  checkRange('waitingMax', waitingMax, 0);
  checkRange('timeoutMs', timeoutMs, 1);
  checkRange('perMinuteMax', perMinuteMax, 0, ANALYSES_PER_MINUTE_MAX);
  return {atOnceMax, waitingMax, timeoutMs, perMinuteMax};
}

function checkRange(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(
    `Expected \`${name}\` to be an integer from ${min} to ${max}, got \`${value}\``,
  );
}
