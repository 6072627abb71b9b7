import {escapeLine} from './line-writer.js';
import {VerbatimSink} from './page-sinks.js';
import {type Dialect, ENDS} from './sample-names.js';
import {type PageCopy, SlotPage} from './slot-page.js';
import type {Totals} from './totals.js';

/** `Content-Type` of the page: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const TEXT_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * The text exposition 0.0.4, as it stands ready with its slots: Prometheus, promtool and VictoriaMetrics accept several
 * blanks before a value, but not after it.
 */
export class TextPage {
  readonly #page: SlotPage;

  constructor(totals: Totals) {
    this.#page = new SlotPage(totals, DIALECT);
  }

  /** Sample lines when it was last prepared or rendered. */
  get lineCount(): number {
    return this.#page.lineCount;
  }

  /** Lays out what was added or taken away, a step at a time; see {@link SlotPage.prepare}. */
  prepare(): Iterator<void> {
    return this.#page.prepare();
  }

  /**
   * The page of this moment.
   * @returns A view of bytes that the next call rewrites: send or copy it before.
   */
  render(): Uint8Array {
    return this.#page.render();
  }

  /** The page of this moment in bytes of its own, written in steps. */
  copy(): PageCopy {
    return this.#page.copy(bytes => new VerbatimSink(new Uint8Array(bytes)));
  }
}

const DIALECT: Dialect = Object.freeze({
  introduce: ({name, help, type}) => {
    return {
      head: `# HELP ${name} ${escapeLine(help)}\n# TYPE ${name} ${type}\n`,
      sampleName: name,
    };
  },
  boundText: String,
  endsOf: () => ENDS,
  end: '',
} satisfies Dialect);
