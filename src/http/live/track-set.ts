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
  /** Of the update in which it came, or in which a total last lost series. */
  renewedAt: number;
  /** Until the first reading of one whose series counted before: that was not added since. */
  hasPast: boolean;
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
  /** Keys of the lines for which there is no room: at most the family's series. */
  readonly leftOut: Set<string>;
}

type Families = ReadonlyMap<string, TotalFamily>;

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
    return this.#all().reduce((sum, {leftOut}) => sum + leftOut.size, this.#familiesLeftOut);
  }

  /**
   * Reads every line's value of that moment, and records a point where one is due.
   * @param nowMs Milliseconds of a clock that never steps back.
   */
  update(totals: TotalsReading, nowMs: number): void {
    this.#update++;
    if (totals.structureVersion !== this.#structureVersion) {
      this.#structureVersion = totals.structureVersion;
      this.#followFamilies(totals);
      // What leaves makes room for what any other panel left out.
      for (const source of this.#all()) this.#dropOf(source, totals.families);
      for (const source of this.#all()) this.#follow(source, totals.families);
    }
    const point = pointAt(nowMs);
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

  /** Ids of the lines whose history began, or was corrected, after that update. */
  renewedSince(update: number): number[] {
    return this.#all().flatMap(({entries}) =>
      [...entries.values()]
        .filter(({renewedAt}) => renewedAt > update)
        .map(({group}) => group.track.id),
    );
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
    if (group.isCostly && !isPoint && !entry.hasPast) return;
    const value = group.valueOf(totals);
    if (!Object.is(value, group.track.value)) {
      group.track.value = value;
      entry.changedAt = this.#update;
    }
    if (entry.hasPast) group.track.base = value;
    entry.hasPast = false;
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

  /** Drops the lines whose series have all left. */
  #dropOf({reading, entries, structureVersion}: Source, families: Families): void {
    const family = families.get(reading.family);
    if (family === undefined || family.structureVersion === structureVersion) return;
    const keys = keysOf(family, reading.by);
    for (const [key, {group}] of entries) {
      if (keys.has(key)) continue;
      entries.delete(key);
      this.history.remove(group.track.id);
      this.#version++;
    }
  }

  /** Brings lines up to their series, and takes in those that are new or were left out, as far as there is room. */
  #follow(source: Source, families: Families): void {
    const {reading, entries, leftOut} = source;
    const family = families.get(reading.family);
    if (family === undefined) return;
    const isSame = family.structureVersion === source.structureVersion;
    if (isSame && (leftOut.size === 0 || !this.#hasRoom(source))) return;
    source.structureVersion = family.structureVersion;
    const groups = groupsOf(family, reading.by);
    for (const key of leftOut) if (!groups.has(key)) leftOut.delete(key);
    for (const [key, series] of groups) {
      const entry = entries.get(key) ?? this.#add(source, family, key, series);
      if (entry !== undefined) this.#renew(entry, series, nameOf(family, series, source, key));
    }
  }

  #renew(entry: Entry, series: readonly TotalSeries[], name: string): void {
    if (entry.group.follow(series)) {
      entry.renewedAt = this.#update;
      this.#version++;
    }
    if (name !== entry.name) this.#version++;
    entry.name = name;
  }

  #hasRoom({entries}: Source): boolean {
    return entries.size < TRACKS_PER_READING_MAX && this.trackCount < TRACKS_MAX;
  }

  #add(
    source: Source,
    family: TotalFamily,
    key: string,
    series: readonly TotalSeries[],
  ): Entry | undefined {
    const {reading, entries, leftOut, panel, index} = source;
    if (!this.#hasRoom(source)) {
      leftOut.add(key);
      return undefined;
    }
    const hasPast = leftOut.delete(key) || this.#update === 1;
    const {spec} = family;
    const isFamily = panel.id === FAMILIES_PANEL;
    const track = this.history.add({
      id: this.#nextId++,
      kind: kindOf(family, reading),
      value: Number.NaN,
      base: 0,
    });
    const entry: Entry = {
      group: new TrackGroup(track, family, reading.read, !hasPast),
      panel: panel.id,
      reading: index,
      name: nameOf(family, series, source, key),
      ...(panel.view === 'table' ? {key} : {}),
      ...(isFamily ? {type: spec.type, help: spec.help} : {}),
      changedAt: this.#update,
      renewedAt: this.#update,
      hasPast,
    };
    entries.set(key, entry);
    this.#version++;
    return entry;
  }
}

function sourceOf(panel: Panel, index: number, reading: Reading): Source {
  return {panel, index, reading, structureVersion: -1, entries: new Map(), leftOut: new Set()};
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

/** What {@link groupsOf} has keys for. */
function keysOf({series, spec}: TotalFamily, by: string | undefined): Set<string> {
  const at = by === undefined ? -1 : spec.labelNames.indexOf(by);
  if (at < 0) return new Set(series.size === 0 ? [] : ['']);
  const keys = new Set<string>();
  for (const {labels} of series.values()) keys.add(labels[at] ?? '');
  return keys;
}

/** Series by the value of a label, or all of them under one key. */
function groupsOf({series, spec}: TotalFamily, by: string | undefined): Map<string, TotalSeries[]> {
  const at = by === undefined ? -1 : spec.labelNames.indexOf(by);
  if (at < 0) return new Map(series.size === 0 ? [] : [['', [...series.values()]]]);
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
