import {LiveHistory} from '../history.js';
import {
  type FeedMessage,
  fromWire,
  type HistoryMessage,
  type TrackDeclaration,
  type TracksMessage,
} from '../protocol.js';
import {onColourChange} from './chart.js';
import {byId, element} from './dom.js';
import {Feed, type FeedState} from './feed.js';
import {PanelElement} from './panel.js';
import {SignIn} from './sign-in.js';

const STATE_TEXTS: Readonly<Record<FeedState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  stale: 'Stale: no answer from the server, trying again',
  refused: 'Token needed',
};

const TITLE = 'threadtally live';

/** Before the page's title in its tab, while it isn't live. */
const TITLES: Readonly<Record<Exclude<FeedState, 'live'>, string>> = {
  connecting: 'Connecting',
  stale: 'Stale',
  refused: 'Token needed',
};

/** The page: what it knows of the lines, and the panels that show them. */
class Page {
  readonly #main = byId('panels');
  readonly #panels = new Map<string, PanelElement>();
  /** Anew with each connection. */
  #history = new LiveHistory();
  #declarations = new Map<number, TrackDeclaration>();
  /** Announced, their numbers to come. */
  #pending: HistoryMessage | undefined;
  /** Which panels stand on the page, in their order. */
  #layout = '';

  reset(): void {
    this.#history = new LiveHistory();
    this.#declarations = new Map();
  }

  take(message: FeedMessage): void {
    if (message.type === 'history') {
      this.#pending = message;
      return;
    }
    const before = this.#history.point;
    if (message.type === 'tracks') this.#takeTracks(message);
    else {
      for (let i = 0; i < message.set.length; i += 2) {
        const track = this.#history.tracks.get(message.set[i]!);
        if (track !== undefined) track.value = fromWire(message.set[i + 1]);
      }
      this.#history.record(message.point);
    }
    byId('clock').textContent = new Date(message.timeMs).toLocaleTimeString('en-GB');
    this.#show(this.#history.point !== before);
  }

  takeFloats(floats: Float32Array): void {
    const message = this.#pending;
    if (message === undefined) return;
    this.#pending = undefined;
    this.#history.load(message.ids, floats, message);
    this.#show(true);
  }

  restyle(): void {
    for (const {view} of this.#panels.values()) view.restyle();
  }

  #takeTracks({tracks, panels, point, leftOut}: TracksMessage): void {
    const now = new Map(tracks.map(track => [track.id, track]));
    for (const id of this.#declarations.keys()) if (!now.has(id)) this.#history.remove(id);
    for (const {id, value} of tracks) {
      const track = this.#history.tracks.get(id);
      if (track !== undefined) track.value = fromWire(value);
    }
    // The first history says where the points stand.
    if (this.#history.point >= 0) this.#history.record(point);
    for (const {id, kind, value, base} of tracks) {
      if (this.#history.tracks.has(id)) continue;
      this.#history.add({id, kind, value: fromWire(value), base: fromWire(base)});
    }
    this.#declarations = now;
    this.#layOut(panels);
    for (const [id, {view}] of this.#panels) {
      const own = tracks.filter(({panel}) => panel === id);
      const lines = own.map(declaration => {
        return {declaration, track: this.#history.tracks.get(declaration.id)!};
      });
      view.setLines(lines, this.#history);
      view.showPoints();
    }
    byId('left-out').textContent = leftOut > 0 ? `${leftOut} lines have no room here.` : '';
  }

  #layOut(panels: TracksMessage['panels']): void {
    const layout = panels.map(({id}) => id).join();
    if (layout === this.#layout) return;
    this.#layout = layout;
    for (const old of this.#main.querySelectorAll('.section')) old.remove();
    this.#panels.clear();
    const sections = [...new Set(panels.map(({section}) => section))];
    for (const [i, section] of sections.entries()) {
      const grid = element('div', {class: 'grid'});
      for (const panel of panels.filter(one => one.section === section)) {
        const made = new PanelElement(panel);
        this.#panels.set(panel.id, made);
        grid.append(made.element);
      }
      const heading = element('h2', {id: `section-${i}`, tabindex: '-1'}, section);
      this.#main.append(element('div', {class: 'section'}, heading, grid));
    }
    byId('sections').replaceChildren(
      ...sections.map((section, i) =>
        element('li', {}, element('a', {href: `#section-${i}`}, section)),
      ),
    );
  }

  #show(isPoint: boolean): void {
    for (const {view} of this.#panels.values()) {
      view.showValues();
      if (isPoint) view.showPoints();
    }
  }
}

/** Said anew only when it changes: a screen reader reads it out. */
function showState(state: FeedState): void {
  if (document.body.dataset.state === state) return;
  document.body.dataset.state = state;
  const since = state === 'stale' ? ` (since ${new Date().toLocaleTimeString('en-GB')})` : '';
  byId('state').textContent = STATE_TEXTS[state] + since;
  document.title = state === 'live' ? TITLE : `${TITLES[state]} · ${TITLE}`;
  if (state === 'refused') signIn.ask();
  if (state === 'live') {
    signIn.hide();
    // A link sends no token, so it would be refused.
    byId('open-link').hidden = signIn.token !== undefined;
    byId('guarded-link').hidden = signIn.token === undefined;
  }
}

const page = new Page();
const signIn = new SignIn(() => {
  showState('connecting');
  feed.connect();
});
const feed = new Feed({
  token: () => signIn.token,
  onState: showState,
  onOpen: () => page.reset(),
  onMessage: message => page.take(message),
  onFloats: floats => page.takeFloats(floats),
});
onColourChange(() => page.restyle());
feed.connect();
