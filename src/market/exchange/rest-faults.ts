import type {Tally} from './tally.js';

/**
 * What goes wrong with a REST answer.
 *
 * - `slow`: it comes `delayMs` later;
 * - `hanging`: it never comes, until the client gives up;
 * - `status`: an error in its place: 429 and 418 with `Retry-After`, 5xx;
 * - `truncated`: status 200, whole by its length, the JSON cut in the middle;
 * - `cut`: the connection breaks in the middle of the body;
 * - `no_json`: status 200 and a page of HTML.
 */
export type RestFault =
  | {kind: 'slow'; delayMs: number}
  | {kind: 'hanging'}
  | {kind: 'status'; status: number; retryAfterSeconds?: number}
  | {kind: 'truncated'}
  | {kind: 'cut'}
  | {kind: 'no_json'};

export type RestFaultKind = RestFault['kind'];

/** Which requests a fault befalls. */
export interface RestFilter {
  /** How many. Default 1; `Infinity` until `clear()`. */
  count?: number;
  /** Such as `/api/v3/klines`. Default any. */
  path?: string;
  /** Value of the `symbol` parameter. Default any. */
  symbol?: string;
  /** Value of the `interval` parameter. Default any. */
  interval?: string;
}

interface Rule {
  fault: RestFault;
  filter: RestFilter;
  /** Requests that it may still befall; positive. */
  left: number;
}

/** What befalls REST answers. */
export class RestFaults {
  readonly #tally: Tally<RestFaultKind>;
  /** Oldest first: the first that matches takes the request. */
  #rules: Rule[] = [];

  constructor(tally: Tally<RestFaultKind>) {
    this.#tally = tally;
  }

  /** The next matching requests meet this fault. Throws a `TypeError` for a `count` below 1. */
  add(fault: RestFault, filter: RestFilter = {}): void {
    const left = filter.count ?? 1;
    if (!(left >= 1)) throw new TypeError(`Expected \`count\` to be at least 1, got \`${left}\``);
    this.#rules.push({fault, filter, left});
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault of a request, which is counted with this. */
  take(url: URL): RestFault | undefined {
    const rule = this.#rules.find(({filter}) => matches(filter, url));
    if (rule === undefined) return undefined;
    this.#tally.add(rule.fault.kind);
    rule.left -= 1;
    if (rule.left <= 0) this.#rules = this.#rules.filter(other => other !== rule);
    return rule.fault;
  }
}

function matches({path, symbol, interval}: RestFilter, {pathname, searchParams}: URL): boolean {
  return (
    (path === undefined || path === pathname) &&
    (symbol === undefined || symbol === searchParams.get('symbol')) &&
    (interval === undefined || interval === searchParams.get('interval'))
  );
}
