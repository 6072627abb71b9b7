import {createHash, timingSafeEqual} from 'node:crypto';
import {TOKEN_PROTOCOL_PREFIX} from './live/protocol.js';

export {isToken} from './live/protocol.js';

/** What a request says of its token. */
export interface Credentials {
  readonly authorization: string | undefined;
  /** Of a WebSocket's handshake: a list. */
  readonly protocols: string | undefined;
}

/**
 * Compares what a client sends with the token in constant time: digests of both, so that not even its length shows. Without
 * a token everything is let through.
 */
export class TokenGuard {
  readonly #digest: Buffer | undefined;

  constructor(token: string | undefined) {
    this.#digest = token === undefined ? undefined : digestOf(token);
  }

  /** True where a request brings the token as `Authorization: Bearer`, or a WebSocket as a subprotocol. */
  admits({authorization, protocols}: Credentials): boolean {
    const digest = this.#digest;
    if (digest === undefined) return true;
    const sent = bearerOf(authorization) ?? offeredIn(protocols);
    return sent !== undefined && timingSafeEqual(digestOf(sent), digest);
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function bearerOf(authorization = ''): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1];
}

function offeredIn(protocols = ''): string | undefined {
  const offered = protocols
    .split(',')
    .map(protocol => protocol.trim())
    .find(protocol => protocol.startsWith(TOKEN_PROTOCOL_PREFIX));
  if (offered === undefined) return undefined;
  return Buffer.from(offered.slice(TOKEN_PROTOCOL_PREFIX.length), 'base64url').toString('latin1');
}
