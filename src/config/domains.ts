import {isIP} from 'node:net';
import {KLINE_INTERVALS, type KlineInterval} from '../market/kline.js';

/** The values that an option takes. */
export interface Domain<T> {
  /** Completes "Expected --flag to be ...". */
  readonly expected: string;
  /** The value that `text` stands for, or undefined if it stands for none. */
  parse(text: string): T | undefined;
}

/** Decimal digits only: `1e3`, `0x10`, ` 5` and `+5` are slips more often than they are meant. */
export function integer(min: number, max: number, unit = ''): Domain<number> {
  return {
    expected: `an integer from ${min} to ${max}${unit}`,
    parse(text) {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** A path, as far as can be told without looking; `expected` says of what. */
export function path(expected: string): Domain<string | null> {
  return {
    expected,
    parse: text => (text.trim() === '' || text.includes('\0') ? undefined : text),
  };
}

/** An IP address or a host name. */
export function parseHost(text: string): string | undefined {
  // A last label of digits alone would be a misspelt IPv4 address (WHATWG URL, "ends in a number").
  const isName = /^[\w-]+(\.[\w-]+)*$/.test(text) && !/(^|\.)\d+$/.test(text);
  return isIP(text) !== 0 || isName ? text : undefined;
}

/** An absolute URL of a scheme or its encrypted sister, without what a base can't have. */
export function url(scheme: 'ws' | 'http'): Domain<string> {
  return {
    expected: `a URL with ${scheme}:// or ${scheme}s:// and without user and password`,
    parse(text) {
      if (!URL.canParse(text)) return undefined;
      const {protocol, search, hash, username, password} = new URL(text);
      const isBase = [search, hash, username, password].every(part => part === '');
      return isBase && (protocol === `${scheme}:` || protocol === `${scheme}s:`) ? text : undefined;
    },
  };
}

/** Different intervals with commas between. */
export function parseIntervals(text: string): KlineInterval[] | undefined {
  const names = text.split(',');
  const known = names.map(name => KLINE_INTERVALS.find(interval => interval === name));
  const isFit = known.every(interval => interval !== undefined);
  return isFit && new Set(names).size === names.length ? known : undefined;
}

/** A URL that `fetch` takes. */
export function parseHttpUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  // fetch() refuses a URL with credentials, at each signal.
  return isHttp && url.username === '' && url.password === '' ? url.href : undefined;
}

/** A URL of a Postgres server; the rest is for the server to judge. */
export function parsePostgresUrl(text: string): string | undefined {
  const isPostgres = /^postgres(ql)?:\/\//.test(text) && URL.canParse(text);
  return isPostgres ? text : undefined;
}

/** A positive decimal number, or `max`. */
export function parseSpeed(text: string): number | 'max' | undefined {
  if (text === 'max') return 'max';
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return value > 0 && value < Number.POSITIVE_INFINITY ? value : undefined;
}
