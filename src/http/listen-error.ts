/** Why the server doesn't listen. Switch on this, never on the message. */
export type ListenErrorCode =
  /** Another program (or this one) listens on that port. */
  | 'port_in_use'
  /** The system keeps that port from this user: mostly a port below 1024. */
  | 'port_not_permitted'
  /** The host is no address of this machine, or no name that resolves to one. */
  | 'address_not_available'
  /** Anything else; `cause` tells. */
  | 'listen_failed';

/** Thrown by `listen()` where the address can't be had. The message is one line. */
export class ListenError extends Error {
  readonly code: ListenErrorCode;

  constructor(code: ListenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ListenError';
    this.code = code;
  }
}

const CODE_OF_ERRNO: ReadonlyMap<string, ListenErrorCode> = new Map([
  ['EADDRINUSE', 'port_in_use'],
  ['EACCES', 'port_not_permitted'],
  ['EPERM', 'port_not_permitted'],
  ['EADDRNOTAVAIL', 'address_not_available'],
  ['EAFNOSUPPORT', 'address_not_available'],
  ['ENOTFOUND', 'address_not_available'],
  ['EAI_AGAIN', 'address_not_available'],
]);

/** Word the error that the system gave for an attempt to listen on this address. */
export function listenErrorOf(host: string, port: number, cause: unknown): ListenError {
  const errno = errnoOf(cause);
  const code = CODE_OF_ERRNO.get(errno) ?? 'listen_failed';
  return new ListenError(code, messageOf(code, {host, port, errno}), {cause});
}

/** The system's name of an error, such as `EADDRINUSE`; else its message on one line. */
export function errnoOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return oneLine(error);
}

/** Longest piece of another's error message that a line of ours carries; the rest is cut. */
const QUOTED_CHARS_MAX = 200;

/** An error of unknown make in one line, at most {@link QUOTED_CHARS_MAX} characters. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, ' ').trim().slice(0, QUOTED_CHARS_MAX);
}

function messageOf(
  code: ListenErrorCode,
  {host, port, errno}: {host: string; port: number; errno: string},
): string {
  switch (code) {
    case 'port_in_use':
      return `Expected port ${port} on ${host} to be free, got ${errno}: another program listens there`;
    case 'port_not_permitted':
      return `Expected port ${port} on ${host} to be permitted to this user, got ${errno}`;
    case 'address_not_available':
      return `Expected host ${host} to be an address of this machine, got ${errno}`;
    case 'listen_failed':
      return `Expected port ${port} on ${host} to accept a listener, got ${errno}`;
  }
}
