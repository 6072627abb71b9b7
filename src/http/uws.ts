import type * as Uws from 'uWebSockets.js';
import {oneLine} from './listen-error.js';

export type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  WebSocket,
} from 'uWebSockets.js';

/**
 * What is used of uWebSockets.js: only what both builds have. Their own types put the constant into
 * an enum, which doesn't exist at run time.
 */
export type UwsModule = Pick<
  typeof Uws,
  'App' | 'us_listen_socket_close' | 'us_socket_local_port'
> & {readonly LIBUS_LISTEN_EXCLUSIVE_PORT: Uws.ListenOptions};

/** A build that loaded, or the reason for each that didn't. */
export type UwsLoad =
  | {
      readonly uws: UwsModule;
      /** Name of the package that loaded. */
      readonly build: string;
    }
  | {readonly uws: undefined; readonly reasons: readonly string[]};

/** Packages to try, the newest first, each with its import (literal, so that tools can see it). */
const BUILDS: ReadonlyMap<string, () => Promise<unknown>> = new Map<string, () => Promise<unknown>>(
  [
    ['uWebSockets.js', () => import('uWebSockets.js')],
    ['uWebSockets.js-glibc2.27', () => import('uWebSockets.js-glibc2.27')],
  ],
);

/**
 * Load the newest build of uWebSockets.js that runs here. Either may be missing: both are optional
 * dependencies, and each is a binary for some systems, Node versions and C libraries only.
 *
 * On Node 20 both names may load the older binary: npm hoists `@uwsjs/linux-x64-20`, which only the
 * older package asks for, to where the newer one looks too. All that is used here is in both.
 */
export async function loadUws(builds = BUILDS): Promise<UwsLoad> {
  const reasons: string[] = [];
  for (const [build, importBuild] of builds) {
    try {
      return {uws: moduleOf(await importBuild()), build};
    } catch (error) {
      reasons.push(`${build}: ${oneLine(error)}`);
    }
  }
  return {uws: undefined, reasons};
}

/** The module behind an ESM wrapper, whose named exports are only a part of it. */
function moduleOf(imported: unknown): UwsModule {
  const {default: wrapped} = imported as {default?: unknown};
  const uws = (wrapped ?? imported) as Partial<UwsModule>;
  if (typeof uws.App !== 'function') {
    throw new TypeError(`Expected export App to be a function, got ${typeof uws.App}`);
  }
  return uws as UwsModule;
}
