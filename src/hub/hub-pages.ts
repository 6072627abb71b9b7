import {OPEN_METRICS_CONTENT_TYPE, OpenMetricsPage} from '../metrics/open-metrics-page.js';
import {TEXT_CONTENT_TYPE, TextPage} from '../metrics/text-page.js';
import type {Totals} from '../metrics/totals.js';
import type {OwnMetrics} from './own-metrics.js';
import {SlicedPage} from './sliced-page.js';
import {workInSlices} from './sliced-work.js';
import {TurnPages} from './turn-pages.js';
import type {Warnings} from './warnings.js';

/** Text 0.0.4, or OpenMetrics 1.0.0. */
export type PageFormat = 'text' | 'openmetrics';

/** A page as it is sent. */
export interface Page {
  /**
   * A view of the hub's standing buffer, unless it is said to have bytes of its own. It holds only until the next
   * `renderPage()`: whoever keeps a byte of it past the present turn of the event loop copies that byte.
   */
  readonly body: Uint8Array;
  /** Value of the Content-Type header. */
  readonly contentType: string;
}

/**
 * Bytes of a page, uncompressed. A larger one is served all the same, counted in `hub_page_oversize_total` and warned of
 * once: Fly drops answers over 16 MB (https://fly.io/docs/monitoring/metrics/), and so does VictoriaMetrics by default
 * (`-promscrape.maxScrapeSize`, of 16 MiB). The smaller reading of the two.
 */
export const PAGE_BYTES_MAX = 16_000_000;

/**
 * Sample lines from which on a page isn't made at once but in slices: of so many, OpenMetrics and all values changed, it keeps
 * the main thread for about 2 ms. Fewer are served sooner without the copy that slices take.
 */
export const SLICED_LINES_MIN = 20_000;

const CONTENT_TYPES = Object.freeze({
  text: TEXT_CONTENT_TYPE,
  openmetrics: OPEN_METRICS_CONTENT_TYPE,
} as const satisfies Record<PageFormat, string>);

/** What {@link HubPages} needs. */
export interface HubPagesOptions {
  readonly totals: Totals;
  /** Whether the OpenMetrics page has `_created`. */
  readonly createdSamples: boolean;
  /** Brings the totals up to this moment. */
  readonly gather: () => void;
  /** Asked late: they are declared after the pages. */
  readonly own: () => OwnMetrics;
  readonly warnings: Warnings;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
}

/** The pages of a hub, one a format, made at once or in slices, and measured. */
export class HubPages {
  readonly #options: HubPagesOptions;
  /** That of OpenMetrics takes memory from its first page on. */
  readonly #pages: Readonly<Record<PageFormat, TextPage | OpenMetricsPage>>;
  readonly #sliced: Readonly<Record<PageFormat, SlicedPage>>;
  readonly #turnPages: TurnPages;

  constructor(options: HubPagesOptions) {
    const {totals, createdSamples} = options;
    this.#options = options;
    this.#pages = {
      text: new TextPage(totals),
      openmetrics: new OpenMetricsPage(totals, {createdSamples}),
    };
    this.#sliced = {text: this.#slice('text'), openmetrics: this.#slice('openmetrics')};
    this.#turnPages = new TurnPages(totals);
  }

  /** Lays out lines that are new, by slices; undefined where nothing is to be waited for. */
  layOut(format: PageFormat): Promise<void> | undefined {
    // The page that is under way stands on what was laid out before.
    if (this.#sliced[format].isBusy) return undefined;
    return workInSlices(this.#pages[format].prepare(), this.#options.now);
  }

  /** As `MetricsHub.renderInSlices()`. */
  renderInSlices(format: PageFormat): Promise<Page> | undefined {
    const sliced = this.#sliced[format];
    if (!sliced.isBusy && this.#pages[format].lineCount < SLICED_LINES_MIN) return undefined;
    return sliced.make().then(body => ({body, contentType: CONTENT_TYPES[format]}));
  }

  /** The page of this moment. */
  render(format: PageFormat): Page {
    return this.#measured(() => this.#render(format));
  }

  /** The page of this moment, or one that this method rendered before in this turn of the event loop. */
  renderOfTurn(format: PageFormat): Page {
    return this.#measured(start =>
      this.#turnPages.give(format, start, rendered => this.#render(rendered)),
    );
  }

  #render(format: PageFormat): Page {
    this.#turnPages.drop(format);
    this.#options.gather();
    return {body: this.#pages[format].render(), contentType: CONTENT_TYPES[format]};
  }

  #slice(format: PageFormat): SlicedPage {
    const page = this.#pages[format];
    return new SlicedPage({
      gather: this.#options.gather,
      prepare: () => page.prepare(),
      copy: () => {
        // Its digits are written where that page stands.
        this.#turnPages.drop(format);
        this.#options.gather();
        return page.copy();
      },
      made: (bytes, durationMs) => this.#measure(bytes, durationMs),
      now: this.#options.now,
    });
  }

  #measured(render: (start: number) => Page): Page {
    const {now} = this.#options;
    const start = now();
    const page = render(start);
    this.#measure(page.body.length, now() - start);
    return page;
  }

  /** What it tells stands on the next page: this one is made. */
  #measure(bytes: number, durationMs: number): void {
    const {own, warnings} = this.#options;
    own().hubPageBytes.set(bytes);
    own().hubScrapeDuration.observe(durationMs / 1_000);
    if (bytes <= PAGE_BYTES_MAX) return;
    own().hubPageOversize.inc();
    // No size in it: each would be a warning of its own.
    warnings.once(
      `Expected pages of at most ${PAGE_BYTES_MAX} bytes, got a larger one: scrapers may drop it`,
    );
  }
}
