import {type Samples, sampleKey} from './exposition.js';

/** A page as it was read. */
export interface OpenMetrics {
  /** Types by the names of the families. */
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
  readonly samples: Samples;
  /** By the keys of their samples. */
  readonly exemplars: ReadonlyMap<string, FoundExemplar>;
}

/** An exemplar as a page shows it. */
export interface FoundExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampSeconds: number;
}

/** Suffixes of the sample names of a type: https://prometheus.io/docs/specs/om/open_metrics_spec/ */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  unknown: [''],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  summary: ['', '_sum', '_count', '_created'],
};

const ESCAPED = '(?:[^\\n"\\\\]|\\\\[n"\\\\])*';
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="${ESCAPED}"`;
const TYPE_LINE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) ([a-z]+)$/;
const HELP_LINE = new RegExp(`^# HELP (\\S+) (${ESCAPED})$`, 'u');
const LABELS = `\\{((?:${LABEL}(?:,${LABEL})*)?)\\}`;
const NUMBER = '[-+]?(?:\\d+(?:\\.\\d*)?(?:e[-+]?\\d+)?|Inf)';
const EXEMPLAR = ` # ${LABELS} (${NUMBER}) (\\d+(?:\\.\\d+)?)`;
const SAMPLE_LINE = new RegExp(
  `^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:${LABELS})? (${NUMBER})(?:${EXEMPLAR})?$`,
  'u',
);
/** Samples that may have an exemplar, by the type of their family. */
const EXEMPLAR_SUFFIXES: Readonly<Record<string, string>> = {
  counter: '_total',
  histogram: '_bucket',
};
/** Characters of the names and values of an exemplar's labels. */
const EXEMPLAR_LENGTH_MAX = 128;
const FLOAT = /^(-?\d+\.\d+|-?\d(\.\d+)?e[-+]\d\d+|\+Inf)$/;

/**
 * Reads what this hub may write of OpenMetrics 1.0.0, by the letter of its grammar: families with `# TYPE` before
 * `# HELP`, each name once, samples of the family's own names only, floats in `le` and `quantile`, `# EOF` at the end.
 * @throws Error that quotes the line that doesn't fit.
 */
export function parseOpenMetrics(page: string): OpenMetrics {
  if (!page.endsWith('# EOF\n')) throw new Error('Expected # EOF at the end');
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  const samples: Samples = new Map();
  const exemplars = new Map<string, FoundExemplar>();
  let family = '';
  for (const line of page.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const refuse = (why: string) => new Error(`${why}: ${line}`);
    const [, typed, type = ''] = TYPE_LINE.exec(line) ?? [];
    const [, helped, help = ''] = HELP_LINE.exec(line) ?? [];
    const sample = SAMPLE_LINE.exec(line) ?? [];
    const [, name, labelText = '', value = '', exemplarText, exemplarValue, timestamp] = sample;
    if (typed !== undefined) {
      if (types.has(typed) || !(type in SUFFIXES)) throw refuse('Expected a new family');
      types.set(typed, type);
      family = typed;
    } else if (helped !== undefined) {
      if (helped !== family || helps.has(helped)) throw refuse('Expected the help of the type');
      helps.set(helped, unescaped(help));
    } else if (name !== undefined) {
      const suffixes = SUFFIXES[types.get(family) ?? ''] ?? [];
      if (!suffixes.some(suffix => family + suffix === name)) throw refuse('Expected the family');
      const key = sampleKey(name, labelsOf(labelText));
      if (samples.has(key)) throw refuse('Expected each sample once');
      samples.set(key, Number(value.replace('Inf', 'Infinity')));
      if (exemplarText === undefined) continue;
      const suffix = EXEMPLAR_SUFFIXES[types.get(family) ?? ''];
      if (family + suffix !== name) throw refuse('Expected exemplars of counts and buckets only');
      const labels = labelsOf(exemplarText);
      if (Object.entries(labels).flat().join('').length > EXEMPLAR_LENGTH_MAX) {
        throw refuse('Expected shorter labels of an exemplar');
      }
      const [timestampSeconds, found] = [Number(timestamp), Number(exemplarValue)];
      exemplars.set(key, {labels, value: found, timestampSeconds});
    } else {
      throw refuse('Expected a line of OpenMetrics');
    }
  }
  return {types, helps, samples, exemplars};
}

/** A page of prom-client, which writes a help before its type, and whole bounds without a point. */
export function inStrictForm(page: string): string {
  return page
    .replace(/^(# HELP .*\n)(# TYPE .*\n)/gm, '$2$1')
    .replace(/\ble="(\d+)"/g, 'le="$1.0"');
}

/** Labels that hold a number, written as a float. */
const FLOAT_LABELS: readonly (string | undefined)[] = ['le', 'quantile'];

/** Labels as they were recorded; a float as JavaScript writes the number, as on the text page. */
function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    const isFloat = FLOAT_LABELS.includes(name);
    if (isFloat && !FLOAT.test(value)) throw new Error(`Expected a float in ${name}, got ${value}`);
    const isNumber = isFloat && value !== '+Inf';
    labels[name] = isNumber ? String(Number(value)) : unescaped(value);
  }
  return labels;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
}
