/**
 * A request that can't be answered: what Binance's errors.md has for it.
 *
 * -1100 illegal characters, -1101 a doubled parameter, -1102 a missing one, -1104 one too many, -1120 bad interval, -1121
 * bad symbol, -1128 parameters that exclude each other, -1130 a value out of range.
 */
export class RestError extends Error {
  override readonly name = 'RestError';
  /** Binance's number, negative. */
  readonly code: number;
  readonly status: number;

  constructor(code: number, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const INTEGER = '^[0-9]{1,20}$';
/** Symbols may be of scripts without case. */
const SYMBOL = '^[\\p{Lu}\\p{Lo}0-9-_.]{1,32}$';

/** The parameters of a request, each read at most once. */
export class RestParameters {
  readonly #query: URLSearchParams;
  /** Names that a route knows. */
  readonly #read = new Set<string>();

  constructor(query: URLSearchParams) {
    this.#query = query;
  }

  /** The value as it came; undefined where there is none. Throws {@link RestError} for a doubled one. */
  text(name: string): string | undefined {
    this.#read.add(name);
    const values = this.#query.getAll(name);
    if (values.length > 1) throw new RestError(-1101, 'Duplicate values for a parameter detected.');
    return values[0];
  }

  /** One of some values. Throws {@link RestError}. */
  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const known = values.find(value => value === text);
    if (known === undefined) throw outOfRange(name);
    return known;
  }

  /** Throws {@link RestError} for what is no integer from `min` on. */
  integer(name: string, min = 0): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!new RegExp(INTEGER).test(text)) throw illegal(name, INTEGER);
    const value = Number(text);
    if (value < min) throw outOfRange(name);
    return value;
  }

  /** Throws {@link RestError} for what can't be a symbol; whether there is such a one is not known here. */
  symbol(name: string): string | undefined {
    const text = this.text(name);
    if (text !== undefined) assertSymbol(name, text);
    return text;
  }

  /** A JSON array of symbols. Throws {@link RestError}. */
  symbols(name: string): string[] | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const symbols = parseTexts(text);
    if (symbols === undefined || symbols.length === 0) throw outOfRange(name);
    for (const symbol of symbols) assertSymbol(name, symbol);
    return symbols;
  }

  /** Throws {@link RestError} for a parameter that nobody has read. */
  finish(): void {
    const sent = [...new Set(this.#query.keys())];
    const read = sent.filter(name => this.#read.has(name)).length;
    if (read === sent.length) return;
    const counts = `read '${read}' parameter(s) but was sent '${sent.length}'`;
    throw new RestError(-1104, `Not all sent parameters were read; ${counts}.`);
  }
}

export function missing(name: string): RestError {
  const what = `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`;
  return new RestError(-1102, what);
}

export function outOfRange(name: string): RestError {
  return new RestError(-1130, `Data sent for parameter '${name}' is not valid.`);
}

function illegal(name: string, range: string): RestError {
  const found = `Illegal characters found in parameter '${name}'`;
  return new RestError(-1100, `${found}; legal range is '${range}'.`);
}

function assertSymbol(name: string, text: string): void {
  if (text === '') throw missing(name);
  if (!new RegExp(SYMBOL, 'u').test(text)) throw illegal(name, SYMBOL);
}

function parseTexts(json: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const areTexts = Array.isArray(value) && value.every(item => typeof item === 'string');
    return areTexts ? value : undefined;
  } catch {
    return undefined;
  }
}
