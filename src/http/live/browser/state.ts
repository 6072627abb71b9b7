import type {LiveHistory} from '../history.js';
import {HISTORY_POINTS, type PanelDeclaration, POINT_SECONDS} from '../protocol.js';
import {element} from './dom.js';
import {durationText} from './format.js';
import type {Line, View} from './panel.js';

/** Which of several states is the present one, since when, and how much of the hour the first one was. */
export class StateView implements View {
  readonly element: HTMLElement;
  readonly #state = element('dd', {'data-name': 'state'}, '–');
  readonly #since = element('dd', {}, '–');
  readonly #share = element('dd', {}, '–');
  readonly #shareName = element('dt');
  #lines: readonly Line[] = [];
  #history: LiveHistory | undefined;

  constructor(_panel: PanelDeclaration) {
    this.element = element(
      'dl',
      {},
      element('div', {}, element('dt', {}, 'status'), this.#state),
      element('div', {}, element('dt', {}, 'for at least'), this.#since),
      element('div', {}, this.#shareName, this.#share),
    );
  }

  setLines(lines: readonly Line[], history: LiveHistory): void {
    this.#lines = lines;
    this.#history = history;
    this.#shareName.textContent = `${lines[0]?.declaration.name ?? ''}, last hour`;
  }

  showValues(): void {
    const present = this.#present();
    const text = present?.declaration.name ?? 'unknown';
    if (this.#state.textContent !== text) this.#state.textContent = text;
  }

  showPoints(): void {
    const present = this.#present();
    if (present === undefined || this.#history === undefined) return;
    const points = this.#history.pointsOf(present.track);
    const lastOther = points.findLastIndex(value => value !== 1);
    this.#since.textContent = durationText((points.length - 1 - lastOther) * POINT_SECONDS);
    const first = this.#history.pointsOf(this.#lines[0]!.track);
    // The machine's own start is no outage: what counts begins with the first connection, or an hour ago.
    const from = points.length === HISTORY_POINTS ? 0 : first.indexOf(1);
    const known = from < 0 ? [] : [...first.slice(from)].filter(value => !Number.isNaN(value));
    const sum = known.reduce((total, value) => total + value, 0);
    this.#share.textContent = known.length === 0 ? '–' : `${percentText(sum / known.length)} %`;
  }

  restyle(): void {}

  #present(): Line | undefined {
    return this.#lines.find(({track}) => track.value === 1);
  }
}

/** Never rounded up to 100. */
function percentText(share: number): string {
  return String(Math.floor(share * 1_000) / 10);
}
