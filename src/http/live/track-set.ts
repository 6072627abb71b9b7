import type {TotalFamily, TotalSeries, TotalsReading} from '../../metrics/totals.js';
import {LiveHistory} from './history.js';
import {FAMILIES_PANEL, type Panel, type Reading} from './panels.js';
import {
  type PanelDeclaration,
  pointAt,
  type TrackDeclaration,
  type TrackKind,
  toWire,
} from './protocol.js';
import {TrackGroup} from './track-group.js';

/**
 * Lines of the page. Further ones are left out, and their number told in `hub_live_tracks_left_out` and on the page. With
 * 3 kB a line the hour takes 3 MB at most.
 */
export const TRACKS_MAX = 1_024;

/** Lines of one reading of a panel: nobody can tell more apart. Further ones are left out, as above. */
export const TRACKS_PER_READING_MAX = 100;

/** Families in the table of all. Further ones are left out, as above. */
export const FAMILIES_MAX = 256;

/** A line and where it belongs. */
interface Entry {
  readonly group: TrackGroup;
  readonly panel: string;
  readonly reading: number;
  /** A trader may be renamed. */
  name: string;
  /** Of tables only. */
  readonly key?: string;
  /** Of the table of families only. */
  readonly type?: string;
  readonly help?: string;
  /** Of the update in which the value changed last. */
  changedAt: number;
}

/** The lines of one reading. */
interface Source {
  readonly panel: Panel;
  readonly index: number;
  readonly reading: Reading;
  /** The family's at the last look; -1 before the first. */
  structureVersion: number;
  /** By the value of the label that they go by. */
  readonly entries: Map<string, Entry>;
  leftOut: number;
}

/** Follows the series that the panels show, and keeps their last hour. */
export class TrackSet {
  readonly history = new LiveHistory();
  readonly #panels: readonly Panel[];
  readonly #sources: Source[] = [];
  /** The panel of all families, and those that it has. */
  readonly #familiesPanel: Panel | undefined;
  readonly #familySources = new Map<string, Source>();
  #familiesLeftOut = 0;
  /** Of the totals at the last look: families and series that came or went. */
  #structureVersion = -1;
  #nextId = 0;
  #update = 0;
  /** Counts up when a line comes or goes. */
  #version = 0;

  constructor(panels: readonly Panel[]) {
    this.#panels = panels;
    this.#familiesPanel = panels.find(({id}) => id === FAMILIES_PANEL);
    for (const panel of panels) {
      for (const [index, reading] of panel.readings.entries()) {
        this.#sources.push(sourceOf(panel, index, reading));
      }
    }
  }

  get version(): number {
    return this.#version;
  }

  /** Number of the last update, from 1. */
  get updateNumber(): number {
    return this.#update;
  }

  get trackCount(): number {
    return this.history.tracks.size;
  }

  /** Lines for which there is no room. */
  get leftOut(): number {
    return this.#all().reduce((sum, {leftOut}) => sum + leftOut, this.#familiesLeftOut);
  }

  /** Reads every line's value of that moment, and records a point where one is due. */
  update(totals: TotalsReading, timeMs: number): void {
    this.#update++;
    if (totals.structureVersion !== this.#structureVersion) {
      this.#structureVersion = totals.structureVersion;
      this.#followFamilies(totals);
      for (const source of this.#all()) this.#follow(source, totals.families);
    }
    const point = pointAt(timeMs);
    const isPoint = point > this.history.point;
    for (const {entries} of this.#all()) {
      for (const entry of entries.values()) this.#read(entry, totals, isPoint);
    }
    this.history.record(point);
  }

  /** Id and value of each line that changed after that update. */
  changesSince(update: number): number[] {
    const changes: number[] = [];
    for (const {entries} of this.#all()) {
      for (const {group, changedAt} of entries.values()) {
        if (changedAt > update) changes.push(group.track.id, group.track.value);
      }
    }
    return changes;
  }

  /** The panels that have lines. */
  panels(): PanelDeclaration[] {
    const used = new Set(this.declarations().map(({panel}) => panel));
    return this.#panels
      .filter(({id}) => used.has(id))
      .map(({readings, ...panel}) => {
        return {...panel, titles: readings.map(({title}) => title ?? '')};
      });
  }

  declarations(): TrackDeclaration[] {
    return this.#all().flatMap(({entries}) => [...entries.values()].map(declarationOf));
  }

  #all(): Source[] {
    return [...this.#sources, ...this.#familySources.values()];
  }

  #read(entry: Entry, totals: TotalsReading, isPoint: boolean): void {
    const {group} = entry;
    if (group.isCostly && !isPoint) return;
    const value = group.valueOf(totals);
    if (!Object.is(value, group.track.value)) {
      group.track.value = value;
      entry.changedAt = this.#update;
    }
    // What counted before the first look was not added since.
    if (this.#update === 1) group.track.base = value;
    if (isPoint) group.record();
  }

  /** Families never leave. */
  #followFamilies({families}: TotalsReading): void {
    const panel = this.#familiesPanel;
    if (panel === undefined) return;
    for (const family of families.keys()) {
      if (this.#familySources.has(family)) continue;
      if (this.#familySources.size >= FAMILIES_MAX) break;
      this.#familySources.set(family, sourceOf(panel, 0, {family, read: 'value'}));
    }
    this.#familiesLeftOut = families.size - this.#familySources.size;
  }

  #follow(source: Source, families: ReadonlyMap<string, TotalFamily>): void {
    const family = families.get(source.reading.family);
    if (family === undefined || family.structureVersion === source.structureVersion) return;
    source.structureVersion = family.structureVersion;
    const groups = groupsOf(family, source.reading.by);
    for (const [key, {group}] of source.entries) {
      if (groups.has(key)) continue;
      source.entries.delete(key);
      this.history.remove(group.track.id);
      this.#version++;
    }
    source.leftOut = 0;
    for (const [key, series] of groups) {
      const entry = source.entries.get(key) ?? this.#add(source, family, key, series);
      if (entry === undefined) {
        source.leftOut++;
        continue;
      }
      entry.group.series = series;
      const name = nameOf(family, series, source, key);
      if (name !== entry.name) this.#version++;
      entry.name = name;
    }
  }

  #add(
    source: Source,
    family: TotalFamily,
    key: string,
    series: readonly TotalSeries[],
  ): Entry | undefined {
    const {reading, entries, panel, index} = source;
    if (entries.size >= TRACKS_PER_READING_MAX || this.trackCount >= TRACKS_MAX) return undefined;
    const {spec} = family;
    const isFamily = panel.id === FAMILIES_PANEL;
    const track = this.history.add({
      id: this.#nextId++,
      kind: kindOf(family, reading),
      value: Number.NaN,
      base: 0,
    });
    const entry: Entry = {
      group: new TrackGroup(track, family, reading.read, this.#update > 1),
      panel: panel.id,
      reading: index,
      name: nameOf(family, series, source, key),
      ...(panel.view === 'table' ? {key} : {}),
      ...(isFamily ? {type: spec.type, help: spec.help} : {}),
      changedAt: this.#update,
    };
    entries.set(key, entry);
    this.#version++;
    return entry;
  }
}

function sourceOf(panel: Panel, index: number, reading: Reading): Source {
  return {panel, index, reading, structureVersion: -1, entries: new Map(), leftOut: 0};
}

function declarationOf({group, panel, reading, name, key, type, help}: Entry): TrackDeclaration {
  const {id, kind, value, base} = group.track;
  return {
    id,
    panel,
    reading,
    name,
    kind,
    ...(key === undefined ? {} : {key}),
    ...(type === undefined ? {} : {type}),
    ...(help === undefined ? {} : {help}),
    value: toWire(value),
    base: toWire(base),
  };
}

/** Counts are totals; what is derived of a histogram, and gauges, are levels. */
function kindOf({spec}: TotalFamily, {read}: Reading): TrackKind {
  return spec.type === 'gauge' || read !== 'value' ? 'level' : 'total';
}

/** Series by the value of a label, or all of them under one key. */
function groupsOf({series, spec}: TotalFamily, by: string | undefined): Map<string, TotalSeries[]> {
  const at = by === undefined ? -1 : spec.labelNames.indexOf(by);
  const groups = new Map<string, TotalSeries[]>();
  for (const one of series.values()) {
    const key = one.labels[at] ?? '';
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

function nameOf(
  {spec}: TotalFamily,
  [first]: readonly TotalSeries[],
  {reading: {nameBy, prefix, title = ''}, panel}: Source,
  key: string,
): string {
  if (panel.id === FAMILIES_PANEL) return spec.name;
  const name = nameBy === undefined ? key : (first?.labels[spec.labelNames.indexOf(nameBy)] ?? key);
  if (prefix !== undefined && /^\d+$/.test(name)) return `${prefix} ${name}`;
  return name === '' ? title : name;
}
