import type {Exemplar} from './exemplar.js';

/**
 * Exemplars that the hub shows, over all series. Those of further samples are dropped and counted in
 * `hub_exemplars_dropped_total{reason="hub_limit"}`; what stands there is renewed. About 1.5 MB of a page.
 */
export const EXEMPLARS_KEPT_MAX = 10_000;

/** The newest exemplar of each sample of the page, by series and the sample's offset from the series' first cell. */
export class KeptExemplars {
  readonly #bySeries = new Map<object, Map<number, Exemplar>>();
  /** Of all series together; at most {@link EXEMPLARS_KEPT_MAX}. */
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Keeps an exemplar unless a newer one, by its timestamp, stands there. False where there is no room. */
  keep(series: object, offset: number, exemplar: Exemplar): boolean {
    const known = this.#bySeries.get(series)?.get(offset);
    if (known !== undefined && known.timestampSeconds > exemplar.timestampSeconds) return true;
    if (known === undefined) {
      if (this.#count >= EXEMPLARS_KEPT_MAX) return false;
      this.#count++;
    }
    const ofSeries = this.#bySeries.get(series);
    if (ofSeries === undefined) this.#bySeries.set(series, new Map([[offset, exemplar]]));
    else ofSeries.set(offset, exemplar);
    return true;
  }

  /** By offset, in any order; undefined where the series has none. */
  of(series: object): ReadonlyMap<number, Exemplar> | undefined {
    return this.#bySeries.get(series);
  }

  /** The series has left. */
  forget(series: object): void {
    const ofSeries = this.#bySeries.get(series);
    if (ofSeries === undefined) return;
    this.#count -= ofSeries.size;
    this.#bySeries.delete(series);
  }
}
