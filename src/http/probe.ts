import {once} from 'node:events';
import {type AddressInfo, createServer} from 'node:net';
import {errnoOf, listenErrorOf} from './listen-error.js';

/** Every IPv6 address, and over it every IPv4 one. */
export const DUAL_STACK_HOST = '::';

const IPV4_HOST = '0.0.0.0';

/** Listen on the address for a moment. Resolves with the numeric host that was bound. */
export type Probe = (host: string, port: number) => Promise<string>;

/**
 * Find out, before an engine listens, whether it can, and on which numeric host. uWebSockets.js
 * tells no errno, so the reason has to come from here. A machine without IPv6 gets `0.0.0.0` for
 * `::`.
 *
 * @throws {ListenError} with the system's error as its `cause`.
 */
export async function findHost(host: string, port: number, probe = bindOnce): Promise<string> {
  try {
    return await probe(host, port);
  } catch (error) {
    if (host !== DUAL_STACK_HOST || !isWithoutIpv6(error)) throw listenErrorOf(host, port, error);
    return findHost(IPV4_HOST, port, probe);
  }
}

const bindOnce: Probe = async (host, port) => {
  const server = createServer();
  // Exclusive: in a cluster's child the primary would hold the port, shared with its siblings.
  server.listen({host, port, exclusive: true});
  await once(server, 'listening');
  const {address} = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return address;
};

function isWithoutIpv6(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'EAFNOSUPPORT' || errno === 'EADDRNOTAVAIL';
}
