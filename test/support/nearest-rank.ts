/** Of ascending values the one at the nearest rank of a quantile of at most six decimals; 0 where there is none. */
export function nearestRank(sorted: readonly number[], quantile: number): number {
  // In whole millionths: what the product of two doubles rounds to is not asked.
  const rank = Number(
    (BigInt(Math.round(quantile * 1e6)) * BigInt(sorted.length) + 999_999n) / 1_000_000n,
  );
  return sorted[Math.max(rank, 1) - 1] ?? 0;
}
