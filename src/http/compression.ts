import {promisify} from 'node:util';
import {gzip} from 'node:zlib';
import type {Answer} from './routes.js';

/**
 * Bodies of fewer bytes are sent as they are: with their headers they fit one packet (an MTU of
 * 1,500) either way.
 */
export const GZIP_BYTES_MIN = 1_024;

/**
 * Of zlib. A page of 1.1 MB took 4 ms and became 8.4 % of itself at level 1, 8 ms and 7.9 % at 4, 12 ms and 7.4 % at 6:
 * its labels repeat so much that more effort finds little more.
 */
const GZIP_LEVEL = 1;

/**
 * Bytes that zlib hands over at once. Each such piece waits for a turn of the event loop: at Node's
 * 16 KiB a large page would wait for many turns of a busy one.
 */
const GZIP_CHUNK_BYTES = 128 * 1024;

/** Compresses a body, which nobody may change until it is done. */
export type Compress = (body: Uint8Array) => Promise<Uint8Array>;

const gzipOf = promisify(gzip);

/** Compresses in libuv's thread pool. */
export const gzipBody: Compress = body =>
  gzipOf(body, {level: GZIP_LEVEL, chunkSize: GZIP_CHUNK_BYTES});

/**
 * The answer with its body compressed. Concurrent scrapes share nothing of it: each page of a hub
 * differs from the one before, by what the hub says of that one, and few come in one turn.
 */
export async function compressed(answer: Answer, compress: Compress): Promise<Answer> {
  const body = await compress(answer.body);
  return {...answer, headers: [...answer.headers, ['Content-Encoding', 'gzip']], body};
}
