import {decodeDelta} from '../metrics/delta.js';
import {Recorder, type RecorderOptions} from '../metrics/recorder.js';
import type {Source} from '../metrics/source.js';

/** What the main thread records, and how the totals hear of it: as of a worker, without a thread between. */
export interface OwnRecorder {
  readonly recorder: Recorder;
  /**
   * Brings the totals up to this moment. The ledger is read as a live worker's is: deltas of a thread to itself would be
   * written only to be read, and take four times as long.
   */
  gather(): void;
}

/** A recorder whose declarations reach the source at once. */
export function recordInto(source: Source, options: RecorderOptions): OwnRecorder {
  let retiredCount = 0;
  // Only a series that is removed hands its last values over by a delta.
  const deltas = (buffer: ArrayBuffer) => {
    const delta = decodeDelta(buffer);
    if (typeof delta === 'string') throw new Error(`Expected a delta of our own, got: ${delta}`);
    source.merge(delta);
  };
  const sink = {
    declare: (message: Parameters<Source['accept']>[0]) => {
      if (message.kind === 'retire') retiredCount++;
      source.accept(message);
    },
    deltas,
  };
  const recorder = new Recorder(sink, options);
  const control = {posted: () => recorder.sequence, retired: () => retiredCount};
  const gather = () => {
    recorder.flushExemplars();
    source.sample(control);
  };
  return {recorder, gather};
}
