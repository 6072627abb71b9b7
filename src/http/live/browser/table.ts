import type {LiveHistory} from '../history.js';
import type {PanelDeclaration} from '../protocol.js';
import {cellOf, element, table} from './dom.js';
import {NumberElement} from './format.js';
import type {Line, View} from './panel.js';

/** A row: the lines of one key, each in its reading's column. */
interface Row {
  readonly name: string;
  /** By the reading's number; a hole where it has none. */
  readonly lines: readonly (Line | undefined)[];
  readonly numbers: readonly NumberElement[];
}

/** A table of several families: totals as what was added in the last hour, levels as they are. */
export class TableView implements View {
  readonly element: HTMLElement;
  readonly #titles: readonly string[];
  readonly #body: HTMLElement;
  #rows: readonly Row[] = [];
  #history: LiveHistory | undefined;

  constructor({title, titles}: PanelDeclaration) {
    this.#titles = titles;
    const {box, body} = table(title, ['Name', ...titles]);
    this.#body = body;
    this.element = box;
  }

  setLines(lines: readonly Line[], history: LiveHistory): void {
    this.#history = history;
    const byKey = new Map<string, (Line | undefined)[]>();
    for (const line of lines) {
      const {key = '', reading} = line.declaration;
      const row =
        byKey.get(key) ?? new Array<Line | undefined>(this.#titles.length).fill(undefined);
      row[reading] = line;
      byKey.set(key, row);
    }
    this.#rows = [...byKey].map(([key, own]) => {
      // A family without the label of the name calls its line by the key.
      const named = own.find(line => line !== undefined && line.declaration.name !== key);
      const numbers = this.#titles.map(() => new NumberElement());
      return {name: named?.declaration.name ?? key, lines: own, numbers};
    });
    this.#body.replaceChildren(
      ...this.#rows.map(({name, numbers}) => {
        const cells = numbers.map((number, i) => cellOf(this.#titles[i]!, number.element));
        return element('tr', {}, element('th', {scope: 'row'}, name), ...cells);
      }),
    );
  }

  showValues(): void {
    const history = this.#history;
    if (history === undefined) return;
    for (const {lines, numbers} of this.#rows) {
      for (const [i, line] of lines.entries()) {
        if (line === undefined) continue;
        const {track} = line;
        numbers[i]!.show(track.kind === 'total' ? history.sumOf(track) : track.value);
      }
    }
  }

  showPoints(): void {}

  restyle(): void {}
}
