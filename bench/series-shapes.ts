/** The label names of the recording benches. */
export const LABEL_NAMES = ['method', 'status'] as const;

/** One label set of them. */
export type LabelSet = Readonly<Record<(typeof LABEL_NAMES)[number], string>>;

/** Label sets that a recording bench rotates through: 8 x 8. */
export const LABEL_SETS: readonly LabelSet[] = Array.from({length: 64}, (_, i) => ({
  method: `m${i >> 3}`,
  status: `s${i & 7}`,
}));

/** Twelve bounds, as most histograms have them. */
export const BUCKETS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/** What each label set observes: all buckets in turn, the last beyond the last bound. */
export const OBSERVATIONS: readonly number[] = LABEL_SETS.map((_, i) => {
  const bound = BUCKETS[i % 13];
  return bound === undefined ? 9_999 : bound - 0.5;
});

/** Series of the page that must not keep the main thread. */
export const BLOCK_SERIES = 100_000;
