import type {PanelDeclaration} from '../protocol.js';
import {element} from './dom.js';
import {NumberElement} from './format.js';
import {type Line, nameOf, type View} from './panel.js';

/** Numbers of now, each with its name. */
export class NumbersView implements View {
  readonly element = element('dl');
  readonly #panel: PanelDeclaration;
  #shown: readonly (readonly [line: Line, number: NumberElement])[] = [];

  constructor(panel: PanelDeclaration) {
    this.#panel = panel;
  }

  setLines(lines: readonly Line[]): void {
    this.#shown = lines.map(line => [line, new NumberElement(this.#panel.unit)] as const);
    this.element.replaceChildren(
      ...this.#shown.map(([line, number]) => {
        const name = element('dt', {}, nameOf(this.#panel, line.declaration));
        return element('div', {}, name, element('dd', {}, number.element));
      }),
    );
  }

  showValues(): void {
    for (const [{track}, number] of this.#shown) number.show(track.value);
  }

  showPoints(): void {}

  restyle(): void {}
}
