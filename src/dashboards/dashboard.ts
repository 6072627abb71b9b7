import {FAMILIES, type LabelOf, type ShownKey} from './families.js';
import {DATA_SOURCE, type GridPos, type Panel, panelJson} from './panel.js';

/** The newest schema that Fly's managed Grafana was seen with; later ones read it. */
const SCHEMA_VERSION = 39;

/** Columns of Grafana's grid. */
const GRID_COLUMNS = 24;

/** A line of panels, as wide as each other. */
export interface PanelRow {
  /** Grid units of 30 pixels. */
  readonly height: number;
  readonly panels: readonly Panel[];
}

/** What a dashboard is made of. */
export interface DashboardOptions {
  /** Stays the same, so that links and bookmarks do. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly PanelRow[];
}

/** A dashboard of Grafana: what its import and its provisioning take, the same at each call. */
export type Dashboard = ReturnType<typeof dashboardJson>;

/** Puts the panels into their places and adds the variables. */
export function dashboardJson({uid, title, description, rows}: DashboardOptions) {
  return {
    uid,
    title,
    description,
    tags: ['threadtally'],
    schemaVersion: SCHEMA_VERSION,
    editable: false,
    graphTooltip: 1,
    time: {from: 'now-1h', to: 'now'},
    timezone: 'browser',
    refresh: '30s',
    annotations: {list: []},
    links: [{asDropdown: false, includeVars: true, keepTime: true, ...DASHBOARD_LINK}],
    templating: {list: VARIABLES},
    panels: placed(rows).map(({panel, gridPos}, i) => panelJson(panel, i + 1, gridPos)),
  };
}

/** From each dashboard to the others with its tag. */
const DASHBOARD_LINK = {
  title: 'threadtally',
  type: 'dashboards',
  tags: ['threadtally'],
  icon: 'external link',
  targetBlank: false,
  tooltip: '',
  url: '',
};

/** Says where the data comes from. It has no default: Fly's is called `prometheus_on_fly`, others as they like. */
const DATA_SOURCE_VARIABLE = {
  name: 'datasource',
  label: 'Data source',
  type: 'datasource',
  query: 'prometheus',
  regex: '',
  current: {},
  hide: 0,
  includeAll: false,
  multi: false,
  options: [],
  refresh: 1,
  skipUrlSync: false,
};

interface VariableOptions<Key extends ShownKey> {
  readonly name: string;
  readonly label: string;
  /** Whose label's values it offers. */
  readonly family: Key;
  readonly of: LabelOf<Key> | 'app' | 'instance';
  readonly matchers?: string;
  /** What `All` matches. */
  readonly allValue: string;
}

/** A choice of any number of a label's values, all at first. */
function labelVariable<Key extends ShownKey>(options: VariableOptions<Key>) {
  const {name, label, family, of, matchers = '', allValue} = options;
  const query = `label_values(${FAMILIES[family].name}${matchers}, ${of})`;
  return {
    name,
    label,
    type: 'query',
    datasource: DATA_SOURCE,
    definition: query,
    query: {query, refId: `variable-${name}`},
    regex: '',
    sort: 1,
    allValue,
    current: {selected: true, text: ['All'], value: ['$__all']},
    hide: 0,
    includeAll: true,
    multi: true,
    options: [],
    // Anew whenever the time range changes: machines come and go.
    refresh: 2,
    skipUrlSync: false,
  };
}

const VARIABLES = [
  DATA_SOURCE_VARIABLE,
  // Only Fly adds `app`: `.*` also fits series without it, which `.+` would leave out.
  labelVariable({name: 'app', label: 'App', family: 'hubInfo', of: 'app', allValue: '.*'}),
  labelVariable({
    name: 'instance',
    label: 'Instance',
    family: 'hubInfo',
    of: 'instance',
    matchers: '{app=~"$app"}',
    allValue: '.+',
  }),
  labelVariable({
    name: 'trader',
    label: 'Trader',
    family: 'traderScreenings',
    of: 'trader_name',
    matchers: '{app=~"$app", instance=~"$instance"}',
    allValue: '.+',
  }),
];

function placed(rows: readonly PanelRow[]): {panel: Panel; gridPos: GridPos}[] {
  let y = 0;
  return rows.flatMap(({height: h, panels}) => {
    const top = y;
    y += h;
    const w = GRID_COLUMNS / panels.length;
    if (!Number.isInteger(w))
      throw new RangeError(`Expected 1, 2, 3, 4 or 6, got ${panels.length}`);
    return panels.map((panel, i) => ({panel, gridPos: {x: i * w, y: top, w, h}}));
  });
}
