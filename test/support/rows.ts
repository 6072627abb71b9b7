import type {Signal} from '../../src/signals/signal.js';
import {eventRow, type MachineFigures, metricRow, type Row, signalRow} from '../../src/sync/row.js';
import {rowId} from '../../src/sync/row-id.js';

export const ORIGIN = {machineId: 'machine-1'};

/** 2026-01-01T00:00:00.123Z */
export const NOW_MS = 1_767_225_600_123;

/** A signal with an id of its own. */
export function signalOf(more: Partial<Signal> = {}): Signal {
  return {
    id: rowId(NOW_MS),
    traderId: 'dip',
    traderName: 'Dip',
    symbol: 'BTCUSDT',
    price: 1.5,
    matchedConditions: ['a', 'b'],
    madeAtMs: NOW_MS,
    source: 'test',
    ...more,
  };
}

export function signalRows(count: number): Row[] {
  return Array.from({length: count}, () => signalRow(signalOf(), ORIGIN));
}

export function eventRows(count: number): Row[] {
  const event = {type: 'test', severity: 'info', message: 'An event'} as const;
  return Array.from({length: count}, () => eventRow(rowId(NOW_MS), event, NOW_MS, ORIGIN));
}

export const FIGURES: MachineFigures = {
  uptimeSeconds: 1.5,
  residentBytes: 5e9,
  heapUsedBytes: 4e9,
  workers: 2,
  traders: 3,
  symbols: 4,
  screenings: 5,
  matches: 6,
  signals: 7,
  signalsPendingAnalysis: 8,
  syncRows: 9,
};

export function metricRows(count: number): Row[] {
  return Array.from({length: count}, () => metricRow(rowId(NOW_MS), FIGURES, NOW_MS, ORIGIN));
}
