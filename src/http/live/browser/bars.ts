import type {LiveHistory} from '../history.js';
import type {PanelDeclaration} from '../protocol.js';
import {cellOf, element, table} from './dom.js';
import {NumberElement} from './format.js';
import {type Line, nameOf, type View} from './panel.js';

/** A row: one line, or the two of one name that stand in one bar. */
interface Row {
  readonly name: string;
  readonly lines: readonly Line[];
  readonly numbers: readonly NumberElement[];
  readonly bars: readonly HTMLElement[];
  readonly element: HTMLElement;
}

/** A table with a bar a row: what was added in the last hour, or what is now. */
export class BarsView implements View {
  readonly element: HTMLElement;
  readonly #panel: PanelDeclaration;
  readonly #body: HTMLElement;
  /** Of several readings whose lines go by the same names each has a column. */
  readonly #columns: readonly string[];
  #history: LiveHistory | undefined;
  #rows: readonly Row[] = [];
  /** Which rows stand at the top, as they aren't 0; empty before the first. */
  #order = '';

  constructor(panel: PanelDeclaration) {
    this.#panel = panel;
    this.#columns = panel.view === 'level-bars' && panel.titles.length > 1 ? panel.titles : [];
    const numbers = this.#columns.length > 0 ? this.#columns : [this.#headOf(panel)];
    const {full, unit = ''} = panel;
    const barHead = full === undefined ? 'Of the largest' : `Of ${full} ${unit}`;
    const {box, body} = table(panel.title, ['Name', ...numbers, barHead]);
    this.#body = body;
    this.element = box;
  }

  setLines(lines: readonly Line[], history: LiveHistory): void {
    this.#history = history;
    this.#rows = this.#grouped(lines).map(([name, grouped]) => {
      const numbers = grouped.map(() => new NumberElement(this.#panel.unit));
      const bars = grouped.map((_, i) => element('div', i === 0 ? {} : {class: 'second'}));
      const row = element(
        'tr',
        {},
        element('th', {scope: 'row'}, name),
        ...numbers.map((number, i) => cellOf(this.#columns[i] ?? '', number.element)),
        element('td', {class: 'bar'}, ...bars),
      );
      return {name, lines: grouped, numbers, bars, element: row};
    });
    this.#order = '';
  }

  showValues(): void {
    const history = this.#history;
    if (history === undefined) return;
    const isSum = this.#panel.view === 'bars';
    const values = this.#rows.map(({lines}) =>
      lines.map(({track}) => (isSum ? history.sumOf(track) : track.value)),
    );
    const {full} = this.#panel;
    this.#sort(values);
    const largest = Math.max(
      ...values.map(row => row.reduce((sum, value) => sum + (value || 0), 0)),
    );
    const most = full ?? largest;
    for (const [i, {numbers, bars}] of this.#rows.entries()) {
      for (const [k, value] of values[i]!.entries()) {
        numbers[k]!.show(value);
        const share = most > 0 && value > 0 ? Math.min(1, value / most) : 0;
        bars[k]!.style.width = `${100 * share}%`;
        bars[k]!.classList.toggle('full', full !== undefined && share === 1);
      }
    }
  }

  showPoints(): void {}

  restyle(): void {}

  /** Rows that aren't 0 come first, else in their own order: what is news must not need scrolling. */
  #sort(values: readonly (readonly number[])[]): void {
    const isZero = values.map(row => row.every(value => !(value > 0)));
    const order = `|${isZero.map(Number).join('')}`;
    if (order === this.#order) return;
    this.#order = order;
    const first = this.#rows.filter((_, i) => !isZero[i]);
    const last = this.#rows.filter((_, i) => isZero[i]);
    this.#body.replaceChildren(...[...first, ...last].map(row => row.element));
  }

  #headOf({view, unit}: PanelDeclaration): string {
    if (view === 'bars') return 'Last hour';
    return unit === undefined ? 'Now' : `Now, ${unit}`;
  }

  #grouped(lines: readonly Line[]): [name: string, lines: Line[]][] {
    const rows: [string, Line[]][] = [];
    if (this.#columns.length === 0) {
      return lines.map(line => [nameOf(this.#panel, line.declaration), [line]]);
    }
    // The readings have the same series in the same order; two traders may share a name.
    const byReading = this.#columns.map((_, i) => lines.filter(l => l.declaration.reading === i));
    for (const [i, first] of byReading[0]!.entries()) {
      rows.push([first.declaration.name, byReading.flatMap(own => own[i] ?? [])]);
    }
    return rows;
  }
}
