import type {PortsWatch} from '../channel/hub-ports.js';
import {
  bindCatalogue,
  type FamilyKey,
  MESSAGE_DROP_REASONS,
  type Metrics,
} from '../metrics/catalogue.js';
import {EXEMPLAR_DROP_REASONS} from '../metrics/exemplar.js';
import type {Recorder} from '../metrics/recorder.js';
import {VERSION} from './version.js';
import type {Warnings} from './warnings.js';

/** The families in which the hub measures itself. */
const HUB_FAMILIES = [
  'hubSamplesDropped',
  'hubMessagesDropped',
  'hubExemplarsDropped',
  'hubInfo',
  'hubWorkers',
  'hubSeries',
  'hubDeltas',
  'hubDeltaBytes',
  'hubMergeDuration',
  'hubSettlements',
  'hubSettledCells',
  'hubScrapeDuration',
  'hubPageBytes',
  'hubPageOversize',
  'hubWaitsRefused',
] as const satisfies readonly FamilyKey[];

/** The hub's own metrics. */
export type OwnMetrics = Metrics<(typeof HUB_FAMILIES)[number]>;

/** Declares them, with the series that are known before anything happens. */
export function declareOwnMetrics(recorder: Recorder): OwnMetrics {
  const own = bindCatalogue(recorder, HUB_FAMILIES);
  own.hubInfo.set({version: VERSION, node_version: process.version}, 1);
  for (const reason of MESSAGE_DROP_REASONS) own.hubMessagesDropped.ensure({reason});
  for (const reason of EXEMPLAR_DROP_REASONS) own.hubExemplarsDropped.ensure({reason});
  return own;
}

/** Counts and warns of what the hub's ports tell. `own` is asked late: the first source comes before its metrics. */
export function watchPorts(own: () => OwnMetrics, warnings: Warnings): PortsWatch {
  return {
    merged: (bytes, durationMs) => {
      own().hubDeltas.inc();
      own().hubDeltaBytes.inc(bytes);
      own().hubMergeDuration.observe(durationMs / 1_000);
    },
    settled: unflushedCells => {
      own().hubSettlements.inc();
      own().hubSettledCells.inc(unflushedCells);
    },
    refusedHello: (reason, what) => {
      own().hubMessagesDropped.inc({reason});
      warnings.once(`A worker can't be attached: ${what}`);
    },
    refusedMessage: what => {
      own().hubMessagesDropped.inc({reason: 'undecodable'});
      warnings.once(`A worker's message was refused: ${what}`);
    },
    refusedWait: () => own().hubWaitsRefused.inc(),
    droppedSamples: (reason, count) => own().hubSamplesDropped.inc({reason}, count),
    droppedExemplar: reason => own().hubExemplarsDropped.inc({reason}),
    warn: line => warnings.once(line),
  };
}
