import {WeakList} from './weak-list.js';

/** A metric that brings its values up to date by a function of its user. */
export interface Collecting {
  readonly name: string;
  /** True where a registry would ask it now: one that was cleared away collects no more. */
  isRegistered(): boolean;
  /** What it returns is awaited where it is a promise. */
  runCollect(): unknown;
}

/** The `collect` functions of one thread, run before each timed flush. */
export class Collectors {
  readonly #warn: (line: string) => void;
  readonly #metrics = new WeakList<Collecting>();
  /** The latest metric of each name, which nobody else may keep: one without a registry, or in one that is forgotten. */
  readonly #latest = new Map<string, Collecting>();
  /** Metrics whose promise hasn't settled: they aren't asked again meanwhile, and nobody waits for them twice. */
  readonly #pending = new Set<Collecting>();
  /** Names of metrics whose failure was told; each is told once. */
  readonly #warned = new Set<string>();

  /** @param warn Told of each metric whose function fails, once. */
  constructor(warn: (line: string) => void) {
    this.#warn = warn;
  }

  add(metric: Collecting): void {
    this.#metrics.add(metric);
    this.#latest.set(metric.name, metric);
  }

  /** Runs every function that isn't running, then calls `flush`: at once where no promise is to be awaited. */
  runBefore(flush: () => void): void {
    const promises: Promise<void>[] = [];
    for (const metric of this.#metrics) {
      if (this.#pending.has(metric) || !metric.isRegistered()) continue;
      const promise = this.#run(metric);
      if (promise !== undefined) promises.push(promise);
    }
    if (promises.length === 0) flush();
    else Promise.all(promises).then(flush);
  }

  #run(metric: Collecting): Promise<void> | undefined {
    const warn = (error: unknown) => this.#warnOnce(metric.name, error);
    try {
      const result = metric.runCollect();
      if (!(result instanceof Promise)) return undefined;
      this.#pending.add(metric);
      return result.then(undefined, warn).then(() => {
        this.#pending.delete(metric);
      });
    } catch (error) {
      warn(error);
      return undefined;
    }
  }

  #warnOnce(name: string, error: unknown): void {
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    this.#warn(`The collect function of ${name} failed: ${String(error)}`);
  }
}
