import type {LiveHistory} from '../history.js';
import {type PanelDeclaration, POINT_SECONDS} from '../protocol.js';
import {cellOf, element, table} from './dom.js';
import {NumberElement} from './format.js';
import type {Line, View} from './panel.js';

const SVG = 'http://www.w3.org/2000/svg';

/** Points over which the column of rates is taken: a minute. */
const RATE_POINTS = 12;

/** A family's row. */
interface Row {
  readonly line: Line;
  readonly value: NumberElement;
  readonly rate: NumberElement;
  readonly path: SVGPathElement;
}

/** Every family: type, value now (of a histogram its observations), change a second, and a sparkline of the hour. */
export class FamiliesView implements View {
  readonly element: HTMLElement;
  readonly #body: HTMLElement;
  #rows: readonly Row[] = [];
  #history: LiveHistory | undefined;

  constructor({title}: PanelDeclaration) {
    const {box, body} = table(title, ['Family', 'Type', 'Now', 'A second', 'Last hour']);
    box.classList.remove('tall');
    this.#body = body;
    this.element = box;
  }

  setLines(lines: readonly Line[], history: LiveHistory): void {
    this.#history = history;
    this.#rows = lines.map(line => {
      const path = document.createElementNS(SVG, 'path');
      return {line, value: new NumberElement(), rate: new NumberElement(), path};
    });
    this.#body.replaceChildren(...this.#rows.map(rowOf));
  }

  showValues(): void {
    for (const {line, value} of this.#rows) value.show(line.track.value);
  }

  showPoints(): void {
    const history = this.#history;
    if (history === undefined) return;
    for (const {line, rate, path} of this.#rows) {
      const points = history.pointsOf(line.track);
      if (line.track.kind === 'total') {
        const known = points.slice(-RATE_POINTS).filter(value => !Number.isNaN(value));
        const sum = known.reduce((total, value) => total + value, 0);
        rate.show(sum / (known.length * POINT_SECONDS));
      }
      path.setAttribute('d', sparkOf(points));
    }
  }

  restyle(): void {}
}

function rowOf({line, value, rate, path}: Row): HTMLElement {
  const {name, type = '', help = ''} = line.declaration;
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'spark');
  svg.setAttribute('viewBox', '0 0 100 20');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  const detail = element('div', {class: 'detail'}, help);
  return element(
    'tr',
    {},
    element('th', {scope: 'row'}, name, detail),
    cellOf('', type, 'text'),
    cellOf('Now', value.element),
    cellOf('A second', rate.element),
    cellOf('', svg),
  );
}

/** A path through the points in a box of 100 by 20; gaps are left. */
function sparkOf(points: Float32Array): string {
  const known = points.filter(value => !Number.isNaN(value));
  if (known.length === 0) return '';
  const low = known.reduce((a, b) => Math.min(a, b));
  const span = known.reduce((a, b) => Math.max(a, b)) - low || 1;
  let isDrawing = false;
  let path = '';
  for (const [i, value] of points.entries()) {
    if (Number.isNaN(value)) {
      isDrawing = false;
      continue;
    }
    const x = (100 * i) / Math.max(points.length - 1, 1);
    const y = 19 - (18 * (value - low)) / span;
    path += `${isDrawing ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    isDrawing = true;
  }
  return path;
}
