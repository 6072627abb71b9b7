import type {PageFormat} from './routes.js';

/** A member of an `Accept` or `Accept-Encoding` list, its names in lower case. */
interface Choice {
  readonly name: string;
  /** Without `q`. Of a parameter that is repeated, as Prometheus 3.0 repeats `escaping`, the first. */
  readonly parameters: ReadonlyMap<string, string>;
  /** 0 to 1; 0 refuses. */
  readonly weight: number;
}

const OPEN_METRICS = {type: 'application/openmetrics-text', version: '1.0.0'} as const;
const TEXT = {type: 'text/plain', version: '0.0.4'} as const;

/**
 * The format for an `Accept` header (RFC 9110, section 12.5.1): OpenMetrics 1.0.0 where it is listed by its name, and no
 * lower than text 0.0.4; text in every other case, be the header absent, broken, or without anything that there is.
 * A wildcard never means OpenMetrics: VictoriaMetrics sends one, and misreads exemplars.
 */
export function formatFor(accept: string | undefined): PageFormat {
  const choices = choicesOf(accept);
  const openMetrics = weightOf(choices, OPEN_METRICS) ?? 0;
  // The most specific range counts: a wildcard only where text isn't named.
  const text =
    weightOf(choices, TEXT) ?? weightOf(choices, {type: 'text/*'}) ?? weightOf(choices, ANY) ?? 0;
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'text';
}

/**
 * Remembers what the last headers asked for: a scraper says the same each time, and reading its list takes longer than
 * rendering a small page.
 */
export class Negotiator {
  readonly #format = new LastAnswer(formatFor);
  readonly #gzip = new LastAnswer(acceptsGzip);

  /** As {@link formatFor}. */
  formatFor(accept: string | undefined): PageFormat {
    return this.#format.to(accept);
  }

  /** As {@link acceptsGzip}. */
  acceptsGzip(acceptEncoding: string | undefined): boolean {
    return this.#gzip.to(acceptEncoding);
  }
}

/** A pure function with its last question and answer. */
class LastAnswer<A> {
  readonly #answerTo: (question: string | undefined) => A;
  #question: string | undefined;
  /** The answer to that question. */
  #answer: A;

  constructor(answerTo: (question: string | undefined) => A) {
    this.#answerTo = answerTo;
    this.#answer = answerTo(undefined);
  }

  to(question: string | undefined): A {
    if (question === this.#question) return this.#answer;
    this.#answer = this.#answerTo(question);
    this.#question = question;
    return this.#answer;
  }
}

const ANY = {type: '*/*'} as const;

/**
 * Whether an `Accept-Encoding` header (RFC 9110, section 12.5.3) has gzip no lower than what is sent as it is. Without
 * the header anything might be sent; clients that say nothing are given what they surely read.
 */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const choices = choicesOf(acceptEncoding);
  const weights = ['gzip', 'x-gzip', '*'].map(type => weightOf(choices, {type}));
  const gzip = weights.find(weight => weight !== undefined) ?? 0;
  return gzip > 0 && gzip >= (weightOf(choices, {type: 'identity'}) ?? 0);
}

/** The highest weight among the members of that name which ask for no other version; undefined where there is none. */
function weightOf(
  choices: readonly Choice[],
  {type, version}: {type: string; version?: string},
): number | undefined {
  const weights = choices
    .filter(({name, parameters}) => {
      return name === type && (parameters.get('version') ?? version) === version;
    })
    .map(({weight}) => weight);
  return weights.length === 0 ? undefined : Math.max(...weights);
}

/** The members that can be read; the others are left out. */
function choicesOf(header = ''): Choice[] {
  return splitOutsideQuotes(header, ',').flatMap(member => choiceOf(member) ?? []);
}

function choiceOf(member: string): Choice | undefined {
  const [name = '', ...rest] = splitOutsideQuotes(member, ';').map(part => part.trim());
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf('=');
    const key = part.slice(0, Math.max(equals, 0)).trim().toLowerCase();
    if (!parameters.has(key)) parameters.set(key, unquoted(part.slice(equals + 1).trim()));
  }
  const weight = parseWeight(parameters.get('q'));
  return weight === undefined ? undefined : {name: name.toLowerCase(), parameters, weight};
}

/** 1 where none is given; undefined for what is no weight, such as the `q=2` of Prometheus 2.49.0. */
function parseWeight(text = '1'): number | undefined {
  return /^(0(\.\d*)?|1(\.0*)?)$/.test(text) ? Number(text) : undefined;
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** In one pass: a header may be as long as the engine takes. */
function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let isQuoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isQuoted && character === '\\') i++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
