/** Weight a minute that an address has until `exchangeInfo` says otherwise (rest-api.md, July 2026). */
export const WEIGHT_PER_MINUTE = 6_000;

const MINUTE_MS = 60_000;

/**
 * Keeps REST requests within a share of the exchange's weight a minute, and keeps all of them back during a pause. The
 * exchange counts by full minutes of its clock, and tells in each answer what an address has used.
 */
export class WeightBudget {
  readonly #share: number;
  #limit = WEIGHT_PER_MINUTE;
  /** The minute that `#used` is of, minutes since 1970. */
  #minute = Number.NaN;
  /** What the requests of this minute weigh: told by the exchange, or as counted here where that is more. */
  #used = 0;
  /** No request before, epoch ms. */
  #pausedUntilMs = 0;

  /** @param share of the limit, above 0 up to 1 */
  constructor(share: number) {
    this.#share = share;
  }

  /** Weight used in the present minute. */
  usedAt(nowMs: number): number {
    this.#turn(nowMs);
    return this.#used;
  }

  /** Milliseconds until a request of this weight may go; 0 where it may now. One that exceeds all of a minute waits for an empty one. */
  waitMs(weight: number, nowMs: number): number {
    this.#turn(nowMs);
    if (nowMs < this.#pausedUntilMs) return this.#pausedUntilMs - nowMs;
    const isRoom = this.#used === 0 || this.#used + weight <= this.#limit * this.#share;
    return isRoom ? 0 : (this.#minute + 1) * MINUTE_MS - nowMs;
  }

  take(weight: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#used += weight;
  }

  /** For a request that never left. Where the exchange has told more meanwhile, its next answer puts that right. */
  giveBack(weight: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#used = Math.max(0, this.#used - weight);
  }

  /** What the exchange says that the address has used this minute. */
  tell(used: number, nowMs: number): void {
    this.#turn(nowMs);
    if (used > this.#used) this.#used = used;
  }

  setLimit(perMinute: number): void {
    this.#limit = perMinute;
  }

  pause(untilMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, untilMs);
  }

  #turn(nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#used = 0;
  }
}
