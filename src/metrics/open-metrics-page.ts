import {canonicalNumber} from './canonical-number.js';
import type {Exemplar} from './exemplar.js';
import type {FamilySpec} from './family.js';
import {escapeQuoted} from './line-writer.js';
import type {PageBlock} from './page-block.js';
import {CompactSink, type LineEnd} from './page-sinks.js';
import {type Dialect, ENDS, type End} from './sample-names.js';
import {type PageCopy, SlotPage} from './slot-page.js';
import {textOf} from './text-value.js';
import type {Totals} from './totals.js';

/** `Content-Type` of the page: https://prometheus.io/docs/specs/om/open_metrics_spec/ */
export const OPEN_METRICS_CONTENT_TYPE =
  'application/openmetrics-text; version=1.0.0; charset=utf-8';

/**
 * OpenMetrics 1.0.0, the same series as the text page in the same order. It wants exactly one blank before a value, so
 * what stands ready is copied without the slots' blanks, a line at a time.
 *
 * Prometheus makes each `_created` sample a series of its own, so they stand here only on request.
 */
export class OpenMetricsPage {
  readonly #page: SlotPage;
  readonly #encoder = new TextEncoder();
  /** What `render()` returned last, and room for the blanks that were left out; empty before the first. */
  #memory = new Uint8Array(0);
  /** What stands behind the value of a sample that has the exemplar. */
  readonly #exemplarBytes = new WeakMap<Exemplar, Uint8Array>();

  /** @param options.createdSamples - whether counters, histograms and summaries have `_created`. Default false. */
  constructor(totals: Totals, {createdSamples = false} = {}) {
    this.#page = new SlotPage(totals, dialectWith(createdSamples));
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
    this.#page.render();
    const sink = this.#sinkFor(bytes => {
      if (this.#memory.length < bytes) this.#memory = new Uint8Array(bytes);
      return this.#memory;
    });
    this.#page.putInto(sink);
    return sink.body;
  }

  /** The page of this moment in bytes of its own, written in steps. */
  copy(): PageCopy {
    // Blanks that are left out are room that is never touched, which costs no memory.
    return this.#page.copy(() => this.#sinkFor(bytes => new Uint8Array(bytes)));
  }

  /** Of this moment's exemplars. */
  #sinkFor(room: (bytes: number) => Uint8Array): CompactSink {
    const lineEnds = new Map<PageBlock, readonly LineEnd[]>();
    let bytes = this.#page.byteLength;
    for (const [block, placements] of this.#page.exemplars()) {
      const ends = placements.map(({line, exemplar}) => ({line, bytes: this.#bytesOf(exemplar)}));
      for (const end of ends) bytes += end.bytes.length;
      lineEnds.set(block, ends);
    }
    return new CompactSink(room(bytes), lineEnds);
  }

  #bytesOf(exemplar: Exemplar): Uint8Array {
    let bytes = this.#exemplarBytes.get(exemplar);
    if (bytes === undefined) {
      const {labels, value, timestampSeconds} = exemplar;
      const pairs = labels.map(([name, text]) => `${name}="${escapeQuoted(text)}"`);
      const text = ` # {${pairs.join(',')}} ${textOf(value)} ${timestampSeconds}`;
      bytes = this.#encoder.encode(text);
      this.#exemplarBytes.set(exemplar, bytes);
    }
    return bytes;
  }
}

function dialectWith(createdSamples: boolean): Dialect {
  return {
    introduce: (spec, isKnown) => {
      const {family, type, sampleName} = namesOf(spec, isKnown);
      const created = `${family}_created`;
      // Of type `unknown` or `gauge` it would be no sample of the family, and another family's name is its own.
      const isCreatedShown = createdSamples && CREATED_TYPES.includes(type) && !isKnown(created);
      return {
        head: `# TYPE ${family} ${type}\n# HELP ${family} ${escapeQuoted(spec.help)}\n`,
        sampleName,
        createdName: isCreatedShown ? created : undefined,
        takesExemplars: type === 'counter' || type === 'histogram',
      };
    },
    boundText: canonicalNumber,
    // Sum and count are counters, and MUST NOT be negative. A histogram with negative bounds MUST NOT have a sum, and without
    // it no count; a summary may have one without the other. A single negative sum makes the reference parser refuse the page.
    endsOf: ({type, buckets}, hasNegative) => {
      if (type === 'summary') return hasNegative ? COUNT_ONLY : ENDS;
      return buckets[0]! < 0 ? [] : ENDS;
    },
    end: '# EOF\n',
  };
}

/** https://prometheus.io/docs/specs/om/open_metrics_spec/#suffixes */
const CREATED_TYPES: readonly string[] = ['counter', 'histogram', 'summary'];

const COUNT_ONLY: readonly End[] = Object.freeze(['_count']);

/**
 * A counter is declared without `_total` and sampled with it. Where that would give two families one name (a gauge
 * `jobs` beside a counter `jobs_total`), which OpenMetrics forbids, the counter keeps its own as of type `unknown`.
 */
function namesOf(
  {name, type}: FamilySpec,
  isKnown: (name: string) => boolean,
): {family: string; type: string; sampleName: string} {
  if (type !== 'counter') return {family: name, type, sampleName: name};
  const family = name.replace(/_total$/, '');
  const sampleName = `${family}_total`;
  const isTaken = [family, sampleName].some(other => other !== name && isKnown(other));
  if (family === '' || isTaken) return {family: name, type: 'unknown', sampleName: name};
  return {family, type, sampleName};
}
