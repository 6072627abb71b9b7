import {createHash, randomBytes} from 'node:crypto';

/** Last moment that a UUIDv7 can hold, in epoch milliseconds: 48 bits. */
const UUID_MS_MAX = 2 ** 48 - 1;

/**
 * A UUIDv7 (RFC 9562, 5.7): 48 bits of epoch milliseconds, then 74 bits from `noise`, whose first 10 bytes are used.
 * Default noise is random.
 */
export function rowId(epochMs: number, noise: Uint8Array = randomBytes(10)): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.min(UUID_MS_MAX, Math.max(0, Math.trunc(epochMs))), 0, 6);
  bytes.set(noise.subarray(0, 10), 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytes.toString('hex');
  return [8, 12, 16, 20, 32]
    .map((end, i, ends) => hex.slice(i === 0 ? 0 : ends[i - 1], end))
    .join('-');
}

/**
 * The UUIDv7 that a moment and a text always have in common: its 74 bits are the first of the text's SHA-256. A replay
 * that starts over, after `kill -9` for one, so makes each of its signals with the id that it had before, and the
 * database keeps it once.
 */
export function repeatableRowId(epochMs: number, text: string): string {
  return rowId(epochMs, createHash('sha256').update(text).digest());
}
