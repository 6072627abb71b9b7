import type {Share} from './aggregate.js';

/** Who has shares in series. */
export interface SeriesWriter {
  /**
   * Told that it has no share any more by the cells from `firstCell` on, as it gave them to `join()`: the series may leave, and its
   * values be another's. Where it joins twice, as by texts that UTF-8 doesn't tell apart, its share is that of the last time.
   */
  shareEnded?(firstCell: number): void;
}

/** A share, and whose it is. */
export interface WriterShare extends Share {
  readonly writer: SeriesWriter;
}

/** Whatever has shares. */
export interface Shared {
  /** A list that is replaced: most series have one writer or a few, and a Map takes 180 bytes where this takes 24 and a word a writer. */
  shares: readonly WriterShare[];
}

/** Of a series that nobody has declared yet. */
export const NO_SHARES: readonly WriterShare[] = Object.freeze([]);

/** The share of a writer. */
export function shareOf({shares}: Shared, writer: SeriesWriter): WriterShare | undefined {
  for (const share of shares) if (share.writer === writer) return share;
  return undefined;
}

/** Ends a writer's share and tells it; false where there was none. */
export function endShare(shared: Shared, writer: SeriesWriter): boolean {
  const share = shareOf(shared, writer);
  if (share === undefined) return false;
  shared.shares = shared.shares.filter(other => other !== share);
  writer.shareEnded?.(share.firstCell);
  return true;
}
