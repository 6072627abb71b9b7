import type {Totals} from '../metrics/totals.js';
import type {Page, PageFormat} from './hub-pages.js';

/**
 * Milliseconds for which a page is given out again. Mostly a turn of the event loop is over before. It bounds how old a page can
 * be for who sends a request before the answer to the one before it, and where more than libuv's 1,024 sockets are ready, so
 * that it asks for more within the turn.
 */
export const TURN_PAGE_MS_MAX = 1;

interface KeptPage {
  readonly page: Page;
  /** Of the totals: what changes it may rewrite the bytes of the page. */
  readonly structureVersion: number;
  readonly renderedMs: number;
  /** How often the event loop had polled. */
  readonly turn: number;
}

/**
 * The pages that were rendered in this turn of the event loop, for requests that came together.
 *
 * Why a request may have a page that was rendered for another one: libuv asks the system once a turn which sockets are ready,
 * and then reads them one by one. A request that is read after the same polling was on its way before the page was rendered,
 * and its answer goes out after: so the page shows what every thread had recorded at a moment between this request and
 * its answer, which is all that any page shows. A request that is sent after the rendering, maybe by whoever has seen a later
 * count, is read after a later polling, where the page isn't given out any more.
 */
export class TurnPages {
  readonly #totals: Pick<Totals, 'structureVersion'>;
  /** The last page of each format, as long as its bytes stand. */
  readonly #kept: Record<PageFormat, KeptPage | undefined> = {
    text: undefined,
    openmetrics: undefined,
  };

  constructor(totals: Pick<Totals, 'structureVersion'>) {
    this.#totals = totals;
  }

  /** The page of this turn; where there is none, what `render` returns. */
  give(format: PageFormat, nowMs: number, render: (format: PageFormat) => Page): Page {
    const turn = pollCount();
    const kept = this.#kept[format];
    if (
      kept?.turn === turn &&
      kept.structureVersion === this.#totals.structureVersion &&
      nowMs - kept.renderedMs < TURN_PAGE_MS_MAX
    ) {
      return kept.page;
    }
    const page = render(format);
    const {structureVersion} = this.#totals;
    this.#kept[format] = {page, structureVersion, renderedMs: nowMs, turn};
    return page;
  }

  /** To be called where a page's bytes are about to be rewritten. */
  drop(format: PageFormat): void {
    this.#kept[format] = undefined;
  }
}

/** How often this thread's event loop has polled: libuv counts it right before. */
function pollCount(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}
