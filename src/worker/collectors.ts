import {COLLECT_WAIT_MS_MAX} from '../bridge/registry-mirror.js';
import type {CollectFailure} from '../metrics/catalogue.js';
import {WeakList} from './weak-list.js';

/** A metric that brings its values up to date by a function of its user. */
export interface Collecting {
  readonly name: string;
  /** True where a registry would ask it now: one that was cleared away collects no more. */
  isRegistered(): boolean;
  /** What it returns is awaited where it is a promise. */
  runCollect(): unknown;
}

/** What {@link Collectors} tell, and by which clock. */
export interface CollectorsWatch {
  /** Told of each metric whose function fails, once. */
  warn(line: string): void;
  /** Counts each failure, and each function that takes over {@link COLLECT_WAIT_MS_MAX}, once a call. */
  failed(reason: CollectFailure): void;
  /** Milliseconds of a clock that never steps back. */
  now(): number;
}

/** The `collect` functions of one thread, run before each flush. */
export class Collectors {
  readonly #watch: CollectorsWatch;
  readonly #metrics = new WeakList<Collecting>();
  /** The latest metric of each name, which nobody else may keep: one without a registry, or in one that is forgotten. */
  readonly #latest = new Map<string, Collecting>();
  /**
   * Metrics whose promise hasn't settled, and since when; Infinity once that was told. They aren't asked again meanwhile,
   * and nobody waits for them twice.
   */
  readonly #pending = new Map<Collecting, number>();
  /** Names of metrics whose failure was told; each is told once. */
  readonly #warned = new Set<string>();

  constructor(watch: CollectorsWatch) {
    this.#watch = watch;
  }

  add(metric: Collecting): void {
    this.#metrics.add(metric);
    this.#latest.set(metric.name, metric);
  }

  /** Runs every function that isn't running, then calls `flush`: at once where no promise is to be awaited. */
  runBefore(flush: () => void): void {
    const promises = this.run();
    if (promises.length === 0) flush();
    else Promise.all(promises).then(flush);
  }

  /** Runs every function that isn't running. What those that return no promise record is there when this returns. */
  run(): readonly Promise<void>[] {
    this.#tellSlow();
    const promises: Promise<void>[] = [];
    for (const metric of this.#metrics) {
      if (this.#pending.has(metric) || !metric.isRegistered()) continue;
      const promise = this.#run(metric);
      if (promise !== undefined) promises.push(promise);
    }
    return promises;
  }

  #tellSlow(): void {
    const now = this.#watch.now();
    for (const [metric, sinceMs] of this.#pending) {
      if (!(now - sinceMs >= COLLECT_WAIT_MS_MAX)) continue;
      this.#pending.set(metric, Number.POSITIVE_INFINITY);
      this.#fail('timeout', metric.name, `to end within ${COLLECT_WAIT_MS_MAX} ms, got no end`);
    }
  }

  #run(metric: Collecting): Promise<void> | undefined {
    const warn = (error: unknown) =>
      this.#fail('error', metric.name, `not to fail, got ${String(error)}`);
    try {
      const result = metric.runCollect();
      if (!(result instanceof Promise)) return undefined;
      this.#pending.set(metric, this.#watch.now());
      return result.then(undefined, warn).then(() => {
        this.#pending.delete(metric);
      });
    } catch (error) {
      warn(error);
      return undefined;
    }
  }

  #fail(reason: CollectFailure, name: string, what: string): void {
    this.#watch.failed(reason);
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    this.#watch.warn(
      `Expected the collect function of ${name} ${what}; its values are the last known`,
    );
  }
}
