import type {ExecutionContext} from 'ava';
import type {EngineName} from '../../src/http/engine.js';
import type {Page, PageSource} from '../../src/http/routes.js';
import {type ListenOptions, listen, type MetricsServer} from '../../src/http/server.js';
import {loadUws} from '../../src/http/uws.js';

/** The engines that this machine has. A suite runs over each. */
export const ENGINES_HERE: readonly EngineName[] =
  (await loadUws()).uws === undefined ? ['node'] : ['uws', 'node'];

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Listen on a free loopback port until the test ends. */
export async function serve(
  t: ExecutionContext,
  options: Partial<ListenOptions>,
): Promise<MetricsServer> {
  const server = await listen({
    source: textSource('up 1\n'),
    port: 0,
    host: '127.0.0.1',
    ...options,
  });
  t.teardown(() => server.close());
  return server;
}

/** A source with one page. */
export function textSource(text: string): PageSource {
  const body = new TextEncoder().encode(text);
  return {renderPage: () => ({body, contentType: CONTENT_TYPE})};
}

/**
 * A source that writes each page over the last one, in one standing buffer, as the hub does. Every
 * four bytes of a page hold its number and their place, so a torn or shifted body can't pass for whole.
 */
export class StandingSource implements PageSource {
  readonly #words: Uint32Array;
  /** Of each page after the first. */
  readonly #laterBytes: number;
  #renderCount = 0;
  #waiters: (() => void)[] = [];

  /** @param laterBytes How much of the buffer each page after the first sends; all of it is rewritten. */
  constructor(bytes: number, laterBytes = bytes) {
    this.#words = new Uint32Array(bytes / 4);
    this.#laterBytes = laterBytes;
  }

  renderPage(): Page {
    this.#renderCount += 1;
    for (const resolve of this.#waiters.splice(0)) resolve();
    const body = this.#cut(writeNumbered(this.#words, this.#renderCount), this.#renderCount);
    return {body, contentType: CONTENT_TYPE};
  }

  /** Resolves at the next rendering. */
  rendered(): Promise<void> {
    return new Promise(resolve => this.#waiters.push(resolve));
  }

  /** What the page of that number, from 1, said when it was rendered. */
  pageOf(number: number): Uint8Array {
    return this.#cut(writeNumbered(new Uint32Array(this.#words.length), number), number);
  }

  #cut(page: Uint8Array, number: number): Uint8Array {
    return number === 1 ? page : page.subarray(0, this.#laterBytes);
  }
}

function writeNumbered(words: Uint32Array, number: number): Uint8Array {
  for (let index = 0; index < words.length; index += 1) words[index] = index ^ (number << 24);
  return new Uint8Array(words.buffer);
}
