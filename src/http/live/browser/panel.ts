import type {LiveHistory, Track} from '../history.js';
import type {PanelDeclaration, TrackDeclaration} from '../protocol.js';
import {BarsView} from './bars.js';
import {element} from './dom.js';
import {FamiliesView} from './families.js';
import {LinesView} from './lines.js';
import {NumbersView} from './numbers.js';
import {StateView} from './state.js';
import {TableView} from './table.js';

/** A line and its values. */
export interface Line {
  readonly declaration: TrackDeclaration;
  readonly track: Track;
}

/** What a panel shows. */
export interface View {
  readonly element: HTMLElement;
  /** Takes the lines, in their order, whenever some come or go. */
  setLines(lines: readonly Line[], history: LiveHistory): void;
  /** Shows the values of now: once a second. */
  showValues(): void;
  /** Shows the last hour: at each point. */
  showPoints(): void;
  /** Colours have changed. */
  restyle(): void;
}

/** A panel: heading, description and view. */
export class PanelElement {
  readonly element: HTMLElement;
  readonly view: View;

  constructor(panel: PanelDeclaration) {
    this.view = viewOf(panel);
    const titleId = `panel-${panel.id}`;
    const wide = panel.view === 'families' || panel.view === 'table' ? ' wide' : '';
    this.element = element(
      'section',
      {class: `panel${wide}`, 'aria-labelledby': titleId, 'data-panel': panel.id},
      element('h3', {id: titleId}, panel.title),
      element('p', {}, panel.description),
      this.view.element,
    );
  }
}

function viewOf(panel: PanelDeclaration): View {
  switch (panel.view) {
    case 'lines':
    case 'stacked':
    case 'stacked-rates':
      return new LinesView(panel);
    case 'bars':
    case 'level-bars':
      return new BarsView(panel);
    case 'numbers':
      return new NumbersView(panel);
    case 'state':
      return new StateView(panel);
    case 'table':
      return new TableView(panel);
    case 'families':
      return new FamiliesView(panel);
  }
}

/** How a line is called among the others of its panel. */
export function nameOf({titles}: PanelDeclaration, {name, reading}: TrackDeclaration): string {
  const title = titles[reading] ?? '';
  return title === '' || title === name ? name : `${name} · ${title}`;
}
