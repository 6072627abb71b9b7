import type {FamilyLayout, PageBlock} from './page-block.js';

/** A block, and where on the page it is to stand. */
export interface PlannedBlock {
  readonly layout: FamilyLayout;
  readonly block: PageBlock;
  /** Where what stands between it and the block before it begins. */
  readonly from: number;
  /** Where it begins itself. */
  readonly at: number;
}

/** Where everything is to stand on a page. */
export interface PagePlan {
  readonly blocks: readonly PlannedBlock[];
  /** Heads of families, and what a page ends with. */
  readonly heads: readonly {readonly at: number; readonly bytes: Uint8Array}[];
  /** Bytes of the page. */
  readonly length: number;
  readonly lineCount: number;
}

/** Head after head, and block after block. */
export function planPage(layouts: readonly FamilyLayout[], end: Uint8Array): PagePlan {
  const blocks: PlannedBlock[] = [];
  const heads: {at: number; bytes: Uint8Array}[] = [];
  let from = 0;
  let at = 0;
  let lineCount = 0;
  for (const layout of layouts) {
    heads.push({at, bytes: layout.head});
    at += layout.head.length;
    for (const block of layout.blocks) {
      blocks.push({layout, block, from, at});
      at += block.bytes.length;
      from = at;
      lineCount += block.valueEnds.length;
    }
  }
  heads.push({at, bytes: end});
  return {blocks, heads, length: at + end.length, lineCount};
}

/** Puts a block to its place, wherever it stands now. */
export function putBlock(memory: Uint8Array, {block, at}: PlannedBlock): void {
  memory.set(block.bytes, at);
  block.bytes = memory.subarray(at, at + block.bytes.length);
}

/**
 * Puts blocks to their places in a memory in which some of them stand already, in the same order: what moves towards the end
 * from the last on, what moves towards the beginning from the first on, and then what is new. So none is written over before
 * it has moved, and a page that gets some lines more takes no second memory of its size.
 */
export function arrangeBlocks(memory: Uint8Array, blocks: readonly PlannedBlock[]): void {
  const stands = ({block}: PlannedBlock) => block.bytes.buffer === memory.buffer;
  const added = blocks.filter(planned => !stands(planned));
  const standing = blocks.filter(stands);
  for (const planned of standing.toReversed()) {
    if (planned.at > planned.block.bytes.byteOffset) putBlock(memory, planned);
  }
  for (const planned of standing) {
    if (planned.at < planned.block.bytes.byteOffset) putBlock(memory, planned);
  }
  for (const planned of added) putBlock(memory, planned);
}
