import {ADDRESSES_MAX, type ExchangeLimits} from './exchange-limits.js';

const MINUTE_MS = 60_000;

/** Whether a request may be answered. */
export interface WeightVerdict {
  status: 200 | 429 | 418;
  /** Weight of the minute with this request. */
  used: number;
  /** How long to wait; 0 with 200. */
  retryAfterSeconds: number;
  /** End of the ban, by the exchange's clock; 0 without one. */
  bannedUntilMs: number;
}

interface Account {
  /** Begin of the minute that `used` counts. */
  minuteMs: number;
  used: number;
  /** Requests in this minute that got a 429. */
  refused: number;
  bannedUntilMs: number;
  /** Bans so far. */
  bans: number;
}

/**
 * The request weight of each address, by whole minutes of the clock: rest-api.md, "IP limits". Whoever goes on after 429 is
 * banned, each time twice as long as before.
 */
export class WeightMeter {
  readonly #limits: ExchangeLimits;
  /** By address; `''` for all beyond {@link ADDRESSES_MAX}. */
  readonly #accounts = new Map<string, Account>();

  constructor(limits: ExchangeLimits) {
    this.#limits = limits;
  }

  take(address: string, weight: number, nowMs: number): WeightVerdict {
    const account = this.#accountOf(address, nowMs);
    if (nowMs < account.bannedUntilMs) return verdict(418, account, account.bannedUntilMs - nowMs);
    account.used += weight;
    if (account.used <= this.#limits.weightPerMinuteMax) return verdict(200, account, 0);
    account.refused += 1;
    if (account.refused <= this.#limits.requestsAfter429Max) {
      return verdict(429, account, account.minuteMs + MINUTE_MS - nowMs);
    }
    const banMs = Math.min(this.#limits.banMsMax, this.#limits.banMs * 2 ** account.bans);
    account.bans += 1;
    account.refused = 0;
    account.bannedUntilMs = nowMs + banMs;
    return verdict(418, account, banMs);
  }

  #accountOf(address: string, nowMs: number): Account {
    const key = this.#accounts.has(address) || this.#accounts.size < ADDRESSES_MAX ? address : '';
    const minuteMs = nowMs - (nowMs % MINUTE_MS);
    const account = this.#accounts.get(key) ?? {
      minuteMs,
      used: 0,
      refused: 0,
      bannedUntilMs: 0,
      bans: 0,
    };
    this.#accounts.set(key, account);
    if (account.minuteMs !== minuteMs) {
      account.minuteMs = minuteMs;
      account.used = 0;
      account.refused = 0;
    }
    return account;
  }
}

function verdict(status: 200 | 429 | 418, account: Account, waitMs: number): WeightVerdict {
  const {used, bannedUntilMs} = account;
  return {
    status,
    used,
    retryAfterSeconds: Math.ceil(waitMs / 1_000),
    bannedUntilMs: status === 418 ? bannedUntilMs : 0,
  };
}
