import type {Labels} from './series.js';
import type {ThreadFamily} from './thread-family.js';

/** What the metrics of all types have in common: a family in one thread, and its series by label set. */
export abstract class Metric<S extends object, L extends string> {
  protected readonly family: ThreadFamily<S>;

  constructor(family: ThreadFamily<S>) {
    this.family = family;
  }

  /** The series of a label set, at 0 or empty if it is new. Keep it where you record often. */
  labels(labels: Labels<L>): S {
    return this.family.handle(labels);
  }

  /** Makes the series of a label set stand at 0 before anything is recorded in it. */
  ensure(labels: Labels<L>): void {
    this.family.series(labels);
  }

  /** Takes a label set's series out of this thread; true where it was known. */
  remove(labels: Labels<L>): boolean {
    return this.family.remove(labels) !== undefined;
  }
}
