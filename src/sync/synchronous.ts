/** What of a commit survives a power cut: all of it (`full`), or all but the last moments' (`normal`). */
export const SYNCHRONOUS_MODES = ['full', 'normal'] as const;

/** One of {@link SYNCHRONOUS_MODES}. */
export type SynchronousMode = (typeof SYNCHRONOUS_MODES)[number];
