import type {PanelDeclaration} from '../protocol.js';
import {element} from './dom.js';
import {PanelElement} from './panel.js';

/** A heading, the panels under it, and its link in the list of sections. */
interface Section {
  readonly element: HTMLElement;
  readonly heading: HTMLElement;
  readonly grid: HTMLElement;
  readonly link: HTMLAnchorElement;
  readonly item: HTMLElement;
}

/** Where the panels stand. One that stays is not touched: its focus and its open table are the reader's. */
export class Layout {
  readonly #main: HTMLElement;
  readonly #list: HTMLElement;
  /** What stands before the sections for good. */
  readonly #fixed: readonly Element[];
  readonly #panels = new Map<string, PanelElement>();
  /** By title. */
  readonly #sections = new Map<string, Section>();

  constructor(main: HTMLElement, list: HTMLElement) {
    this.#main = main;
    this.#list = list;
    this.#fixed = [...main.children];
  }

  /** By id. */
  get panels(): ReadonlyMap<string, PanelElement> {
    return this.#panels;
  }

  /** Brings the page to these panels, in this order. */
  show(panels: readonly PanelDeclaration[]): void {
    this.#forget(panels);
    const sections = [...this.#sectionsOf(panels)];
    for (const [i, [section, own]] of sections.entries()) {
      section.heading.id = `section-${i}`;
      section.link.href = `#section-${i}`;
      arrange(section.grid, own);
    }
    arrange(this.#main, [...this.#fixed, ...sections.map(([{element: one}]) => one)]);
    arrange(
      this.#list,
      sections.map(([{item}]) => item),
    );
  }

  #forget(panels: readonly PanelDeclaration[]): void {
    const ids = new Set(panels.map(({id}) => id));
    const titles = new Set(panels.map(({section}) => section));
    for (const id of this.#panels.keys()) if (!ids.has(id)) this.#panels.delete(id);
    for (const title of this.#sections.keys()) {
      if (!titles.has(title)) this.#sections.delete(title);
    }
  }

  #sectionsOf(panels: readonly PanelDeclaration[]): Map<Section, HTMLElement[]> {
    const sections = new Map<Section, HTMLElement[]>();
    for (const panel of panels) {
      const section = this.#sections.get(panel.section) ?? sectionOf(panel.section);
      this.#sections.set(panel.section, section);
      const made = this.#panels.get(panel.id) ?? new PanelElement(panel);
      this.#panels.set(panel.id, made);
      const own = sections.get(section);
      if (own === undefined) sections.set(section, [made.element]);
      else own.push(made.element);
    }
    return sections;
  }
}

function sectionOf(title: string): Section {
  const heading = element('h2', {tabindex: '-1'}, title);
  const grid = element('div', {class: 'grid'});
  const link = element('a', {}, title);
  return {
    element: element('div', {class: 'section'}, heading, grid),
    heading,
    grid,
    link,
    item: element('li', {}, link),
  };
}

/** Makes these the children, in this order. Whoever stays in the order is not moved: an element that is loses the focus. */
function arrange(parent: HTMLElement, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const old of [...parent.children]) if (!wanted.has(old)) old.remove();
  for (const [i, child] of children.entries()) {
    const at = parent.children[i];
    if (at !== child) parent.insertBefore(child, at ?? null);
  }
}
