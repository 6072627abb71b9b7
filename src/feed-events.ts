import type {StreamState} from './market/binance/stream-client.js';
import type {MachineEvent} from './sync/row.js';

/** Makes events of the stream's states: that it was lost, and that it is there again. Its first connection is none. */
export class FeedEvents {
  readonly #record: (event: MachineEvent) => void;
  /** `unknown` until the stream was connected once. */
  #last: 'unknown' | 'connected' | 'lost' = 'unknown';

  constructor(record: (event: MachineEvent) => void) {
    this.#record = record;
  }

  /** Takes the state that the stream is in now; told twice, it is one event. */
  note(state: StreamState): void {
    if (state === 'connected') {
      if (this.#last === 'lost') this.#tell('feed_recovered', 'info', 'The market feed is back');
      this.#last = 'connected';
    } else if (this.#last === 'connected') {
      this.#tell('feed_lost', 'warning', `The market feed is lost, the stream is ${state}`);
      this.#last = 'lost';
    }
  }

  #tell(type: string, severity: MachineEvent['severity'], message: string): void {
    this.#record({type, severity, message});
  }
}
