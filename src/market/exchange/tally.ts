/** Counts by name, for tests to compare with what a client tells. */
export class Tally<Name extends string> {
  /** Never falls. */
  readonly #counts = new Map<Name, number>();

  add(name: Name, count = 1): void {
    this.#counts.set(name, this.get(name) + count);
  }

  get(name: Name): number {
    return this.#counts.get(name) ?? 0;
  }

  /** All that happened at least once. */
  all(): Partial<Record<Name, number>> {
    return Object.fromEntries(this.#counts) as Partial<Record<Name, number>>;
  }
}

/** What an exchange counts of what its clients did and got. Faults are counted apart. */
export type ExchangeCount =
  /** Upgrades answered with 101, and those refused for whatever reason. */
  | 'connectionsOpened'
  | 'connectionsRefused'
  /** Each also in one of the reasons below, if the exchange ended it. */
  | 'connectionsClosed'
  | 'pongTimeouts'
  | 'lifetimesEnded'
  | 'messageLimitBreaks'
  | 'streamLimitBreaks'
  | 'attemptLimitBreaks'
  | 'connectionLimitBreaks'
  | 'slowReadersDropped'
  /** What came in. */
  | 'pingsReceived'
  | 'pongsReceived'
  | 'requestsReceived'
  | 'requestErrors'
  /** What went out, a delivered copy each: a lost frame isn't counted, a doubled one counts twice. */
  | 'pingsSent'
  | 'klinesSent'
  | 'closedKlinesSent'
  | 'tickersSent'
  | 'miniTickersSent'
  | 'shutdownsSent'
  /** REST answers by status: `rest200`, ... */
  | `rest${number}`;
