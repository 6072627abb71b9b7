/** A text, an element, or nothing. */
export type Child = string | Node | undefined;

/**
 * Makes an element. Children that are texts become text and nothing else, and attributes never come from the program: no
 * name of a trader can become markup.
 */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children.filter(child => child !== undefined));
  return made;
}

/** The element of an id of the page's own. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`Expected an element #${id}, got none`);
  return found;
}

/** A cell that says what it is where a narrow screen leaves the table's heads out. The head is the page's own text. */
export function cellOf(head: string, child: Child, kind = ''): HTMLElement {
  return element('td', {'data-head': head, ...(kind === '' ? {} : {class: kind})}, child);
}

/** A table in a box that scrolls by itself, also by keyboard. */
export function table(caption: string, heads: readonly string[]) {
  const body = element('tbody');
  const row = element('tr', {}, ...heads.map(head => element('th', {scope: 'col'}, head)));
  const made = element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, row),
    body,
  );
  const box = element(
    'div',
    {class: 'scroll tall', tabindex: '0', role: 'region', 'aria-label': caption},
    made,
  );
  return {box, body};
}
