import type {LiveHistory, Track} from '../history.js';
import {type PanelDeclaration, POINT_SECONDS} from '../protocol.js';
import {Chart, type Curve, colourOf} from './chart.js';
import {cellOf, element, table} from './dom.js';
import {NumberElement} from './format.js';
import {type Line, nameOf, type View} from './panel.js';

/** Points over which a rate is taken: a minute. */
const RATE_POINTS = 12;

/** Of the table below a chart. */
const COLUMNS = ['Now', 'Least', 'Mean', 'Most'] as const;

/** A line as it is shown: its colour, its legend and its row. */
interface Shown {
  readonly line: Line;
  readonly colourIndex: number;
  readonly swatch: HTMLElement;
  readonly legend: NumberElement;
  /** Now, least, mean and most of the hour. */
  readonly cells: readonly NumberElement[];
}

/** A chart of the last hour, its legend, and the same in a table. */
export class LinesView implements View {
  readonly element: HTMLElement;
  readonly #panel: PanelDeclaration;
  readonly #chart: Chart;
  readonly #legend: HTMLElement;
  readonly #rows: HTMLElement;
  #history: LiveHistory | undefined;
  #shown: readonly Shown[] = [];

  constructor(panel: PanelDeclaration) {
    this.#panel = panel;
    const {title, unit = '', description} = panel;
    const label = `${title}: ${description} The numbers stand in the table below.`;
    const host = element('div', {class: 'chart', role: 'img', 'aria-label': label});
    this.#chart = new Chart(host, {isStacked: panel.view !== 'lines', unit});
    const heads = ['Line', ...COLUMNS];
    // It scrolls where lines are many.
    this.#legend = element('ul', {class: 'legend', tabindex: '0', 'aria-label': `${title}, now`});
    const {box, body} = table(`${title}, last hour${unit === '' ? '' : `, ${unit}`}`, heads);
    this.#rows = body;
    const details = element('details', {}, element('summary', {}, `${title} as a table`), box);
    this.element = element('div', {}, host, this.#legend, details);
  }

  setLines(lines: readonly Line[], history: LiveHistory): void {
    this.#history = history;
    const colours = new Map<string, number>();
    // The readings of one name beside each other, as their colour is one.
    const names = new Map(lines.map(({declaration: {name}}, i) => [name, i] as const).toReversed());
    const grouped =
      this.#panel.view === 'lines'
        ? lines.toSorted((a, b) => names.get(a.declaration.name)! - names.get(b.declaration.name)!)
        : lines;
    this.#shown = grouped.map(line => {
      const key = this.#colourKeyOf(line);
      if (!colours.has(key)) colours.set(key, colours.size);
      const {unit} = this.#panel;
      return {
        line,
        colourIndex: colours.get(key)!,
        swatch: element('span', {class: this.#isDashed(line) ? 'swatch dashed' : 'swatch'}),
        legend: new NumberElement(unit),
        cells: COLUMNS.map(() => new NumberElement()),
      };
    });
    this.#legend.replaceChildren(
      ...this.#shown.map(({line, swatch, legend}) => {
        const name = `${nameOf(this.#panel, line.declaration)} `;
        return element('li', {}, swatch, name, legend.element);
      }),
    );
    this.#rows.replaceChildren(
      ...this.#shown.map(({line, cells}) => {
        const name = element('th', {scope: 'row'}, nameOf(this.#panel, line.declaration));
        return element(
          'tr',
          {},
          name,
          ...cells.map((cell, i) => cellOf(COLUMNS[i]!, cell.element)),
        );
      }),
    );
    this.#colour();
  }

  showValues(): void {
    if (this.#isRate) return;
    for (const {line, legend, cells} of this.#shown) {
      legend.show(line.track.value);
      cells[0]!.show(line.track.value);
    }
  }

  showPoints(): void {
    const history = this.#history;
    if (history === undefined) return;
    const curves = this.#shown.map(({line, colourIndex, legend, cells}): Curve => {
      const values = this.#pointsOf(line.track, history);
      const known = [...values].filter(value => !Number.isNaN(value));
      if (this.#isRate) {
        legend.show(known.at(-1) ?? Number.NaN);
        cells[0]!.show(known.at(-1) ?? Number.NaN);
      }
      cells[1]!.show(known.length === 0 ? Number.NaN : Math.min(...known));
      cells[2]!.show(known.reduce((sum, value) => sum + value, 0) / known.length);
      cells[3]!.show(known.length === 0 ? Number.NaN : Math.max(...known));
      return {values, colourIndex, isDashed: this.#isDashed(line)};
    });
    this.#chart.show(curves, history.point);
  }

  restyle(): void {
    this.#chart.restyle();
    this.#colour();
    this.showPoints();
  }

  get #isRate(): boolean {
    return this.#panel.view === 'stacked-rates';
  }

  /** Average and percentile of one name share a colour. */
  #colourKeyOf({declaration}: Line): string {
    return this.#panel.view === 'lines' ? declaration.name : String(declaration.id);
  }

  #isDashed({declaration}: Line): boolean {
    return this.#panel.titles[declaration.reading] === 'average';
  }

  #colour(): void {
    for (const {swatch, colourIndex} of this.#shown) {
      swatch.style.backgroundColor = colourOf(colourIndex);
    }
  }

  #pointsOf(track: Track, history: LiveHistory): ArrayLike<number> & Iterable<number> {
    const points = history.pointsOf(track);
    return this.#isRate ? ratesOf(points) : points;
  }
}

/** What was added a second, over the minute before each point. */
function ratesOf(points: Float32Array): Float32Array {
  return points.map((_, i) => {
    const window = points.subarray(Math.max(0, i - RATE_POINTS + 1), i + 1);
    const known = window.filter(value => !Number.isNaN(value));
    const sum = known.reduce((total, value) => total + value, 0);
    return known.length === 0 ? Number.NaN : sum / (known.length * POINT_SECONDS);
  });
}
