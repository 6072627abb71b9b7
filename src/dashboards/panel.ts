/** Units of Grafana that the panels use. */
export type Unit =
  | 'none'
  | 'short'
  | 'ms'
  | 's'
  | 'percentunit'
  | 'bytes'
  | 'Bps'
  | 'cps'
  | 'reqps';

/** A query and what its series are called; `{{label}}` stands for a label's value. */
export interface Target {
  readonly query: string;
  readonly legend: string;
}

/** A value and what is shown instead of it. */
export interface Mapping {
  readonly value: number;
  readonly text: string;
  readonly color: 'green' | 'red' | 'blue';
}

/** What a panel is, before it has a place. */
export interface PanelOptions {
  readonly title: string;
  readonly description: string;
  readonly unit: Unit;
  readonly targets: readonly Target[];
  readonly mappings?: readonly Mapping[];
  /** Series add up to a whole. */
  readonly isStacked?: boolean;
  /** Of a table: the labels that name its rows, with their heads. */
  readonly rowLabels?: Readonly<Record<string, string>>;
}

/** How a panel draws. */
export type PanelKind =
  | 'timeseries'
  | 'stat'
  | 'bargauge'
  | 'heatmap'
  | 'state-timeline'
  /** A row a label set, a column a query: its legend is the column's head. */
  | 'table';

/** A panel without a place. */
export interface Panel extends PanelOptions {
  readonly kind: PanelKind;
}

/** The data source that the dashboard's variable names. */
export const DATA_SOURCE = {type: 'prometheus', uid: '$datasource'} as const;

const LEGEND = {displayMode: 'list', placement: 'bottom', showLegend: true};
const TOOLTIP = {mode: 'multi', sort: 'desc'};
const LAST_VALUE = {calcs: ['lastNotNull'], fields: '', values: false};

/** What each kind shows of now, and what of the time range. */
const IS_INSTANT: Readonly<Record<PanelKind, boolean>> = {
  timeseries: false,
  stat: true,
  bargauge: true,
  heatmap: false,
  'state-timeline': false,
  table: true,
};

/** `options` of each kind of panel, as Grafana 10 and later write them. */
const OPTIONS: Readonly<Record<PanelKind, object>> = {
  timeseries: {legend: LEGEND, tooltip: TOOLTIP},
  stat: {
    colorMode: 'value',
    graphMode: 'none',
    justifyMode: 'auto',
    orientation: 'auto',
    reduceOptions: LAST_VALUE,
    textMode: 'auto',
  },
  bargauge: {
    displayMode: 'basic',
    minVizHeight: 10,
    minVizWidth: 8,
    orientation: 'horizontal',
    reduceOptions: LAST_VALUE,
    showUnfilled: true,
    valueMode: 'color',
  },
  // A row a series: the values are colours as they stand, nothing is counted into buckets.
  heatmap: {
    calculate: false,
    cellGap: 1,
    color: {mode: 'scheme', scheme: 'Blues', steps: 64},
    legend: {show: true},
    rowsFrame: {layout: 'auto', value: 'Screenings a second'},
    tooltip: {mode: 'single', showColorScale: true},
    yAxis: {axisPlacement: 'left'},
  },
  'state-timeline': {
    alignValue: 'left',
    legend: LEGEND,
    mergeValues: true,
    rowHeight: 0.9,
    showValue: 'never',
    tooltip: {mode: 'single', sort: 'none'},
  },
  table: {cellHeight: 'sm', footer: {show: false}, showHeader: true},
};

/** Where a panel stands: a dashboard is 24 columns wide. */
export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A panel as Grafana's JSON has it. */
export function panelJson(panel: Panel, id: number, gridPos: GridPos) {
  const {kind, title, description, unit, targets, mappings = []} = panel;
  return {
    id,
    type: kind,
    title,
    description,
    datasource: DATA_SOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        color: {mode: kind === 'timeseries' ? 'palette-classic' : 'thresholds'},
        custom: customOf(panel),
        mappings: mappings.map(mappingJson),
        // Ages and counts begin at 0: an axis cut off there would make noise look like news.
        min: 0,
        ...(kind === 'table' ? {decimals: 0} : {}),
        thresholds: {mode: 'absolute', steps: [{color: 'blue', value: null}]},
      },
      overrides: [],
    },
    options: OPTIONS[kind],
    ...(kind === 'table' ? {transformations: transformationsOf(panel)} : {}),
    targets: targets.map(({query, legend}, i) => ({
      datasource: DATA_SOURCE,
      expr: query,
      format: kind === 'table' ? 'table' : 'time_series',
      instant: IS_INSTANT[kind],
      range: !IS_INSTANT[kind],
      legendFormat: legend,
      refId: refIdOf(i),
    })),
  };
}

function refIdOf(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

/** Makes one table of the queries' tables, by the labels that they share. */
function transformationsOf({targets, rowLabels = {}}: Panel): object[] {
  const columns = targets.map(({legend}, i) => [`Value #${refIdOf(i)}`, legend] as const);
  const names = [...Object.entries(rowLabels), ...columns];
  return [
    {id: 'merge', options: {}},
    {
      id: 'organize',
      options: {
        excludeByName: {Time: true},
        indexByName: Object.fromEntries(names.map(([name], i) => [name, i])),
        renameByName: Object.fromEntries(names),
      },
    },
  ];
}

function customOf({kind, isStacked = false}: Panel): object {
  if (kind === 'heatmap') return {hideFrom: {legend: false, tooltip: false, viz: false}};
  if (kind === 'state-timeline') return {fillOpacity: 70, lineWidth: 0};
  if (kind !== 'timeseries') return {};
  return {
    axisPlacement: 'auto',
    drawStyle: 'line',
    fillOpacity: isStacked ? 40 : 0,
    lineInterpolation: 'linear',
    lineWidth: 1,
    showPoints: 'auto',
    spanNulls: false,
    stacking: {group: 'A', mode: isStacked ? 'normal' : 'none'},
  };
}

function mappingJson({value, text, color}: Mapping, index: number) {
  return {type: 'value', options: {[value]: {text, color, index}}};
}
