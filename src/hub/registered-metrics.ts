import {RegistryMirror} from '../bridge/registry-mirror.js';
import type {Totals} from '../metrics/totals.js';
import type {Page, PageFormat} from './hub-pages.js';
import {HubRegistry} from './hub-registry.js';
import type {OwnRecorder} from './own-recorder.js';

/** What {@link RegisteredMetrics} needs of its hub. */
export interface RegisteredMetricsOptions {
  readonly totals: Totals;
  /** Its own, so that a family of the same name in the hub's recorder has cells of its own. */
  readonly own: OwnRecorder;
  readonly collectWaitMsMax: number | undefined;
  /** Brings the totals up to this moment. */
  readonly gather: () => void;
  readonly collectPage: (format: PageFormat) => Promise<Page>;
  readonly onWarning: (line: string) => void;
  /** Tells families that the hub measures itself: they are left out, or they would be added up. */
  readonly isMeasured: (name: string) => boolean;
}

/** What the main thread registers with prom-client, and its way into the totals. */
export class RegisteredMetrics {
  readonly registry: HubRegistry;
  readonly #options: RegisteredMetricsOptions;
  readonly #mirror: RegistryMirror;
  /** Resolves when the present turn's calls are made, where there is nothing to read. */
  #turn: Promise<void> | undefined;
  /** The reading after which the totals were, or will be, brought up to date last. */
  #round: Promise<void> | undefined;
  #gathered: Promise<void> = Promise.resolve();

  constructor(options: RegisteredMetricsOptions) {
    this.#options = options;
    const {totals, own, collectWaitMsMax, collectPage, onWarning} = options;
    this.registry = new HubRegistry({
      totals,
      collectPage,
      collectTotals: () => this.#collectTotals(),
    });
    this.#mirror = new RegistryMirror({
      registry: this.registry.registered,
      recorder: own.recorder,
      mayLeave: (family, labels) => totals.hasOneWriter(family, labels),
      onWarning,
      isLeftOut: name => {
        if (!options.isMeasured(name)) return false;
        onWarning(`${name} of hub.registry is left out: collectThreadMetrics() tells it`);
        return true;
      },
      ...(collectWaitMsMax === undefined ? {} : {collectWaitMsMax}),
    });
  }

  /** Reads what is registered; undefined where nothing is. */
  collect(): Promise<void> | undefined {
    return this.#mirror.isIdle ? undefined : this.#mirror.collect();
  }

  /** Brings the totals up to what was read last. */
  gather(): void {
    this.#options.own.gather();
  }

  /** Once for all who ask in one turn: a merged registry asks once a family. */
  #collectTotals(): Promise<void> {
    const round = this.collect() ?? this.#endOfTurn();
    if (round !== this.#round) {
      this.#round = round;
      this.#gathered = round.then(() => {
        this.#options.gather();
        this.#options.totals.refresh();
      });
    }
    return this.#gathered;
  }

  #endOfTurn(): Promise<void> {
    this.#turn ??= Promise.resolve().then(() => {
      this.#turn = undefined;
    });
    return this.#turn;
  }
}
