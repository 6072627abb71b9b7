import {type MalformedKind, malformed} from './malformed-frame.js';
import {type StreamEvent, type StreamEventType, wrapped} from './stream-payload.js';
import type {Tally} from './tally.js';

/** Frames that one reordering holds back at most. */
export const REORDERED_FRAMES_MAX = 1_000;

/** What goes wrong with frames; each is counted a frame and connection. */
export type FrameFault = 'lost' | 'malformed' | 'duplicated' | 'reordered' | 'skewed';

/** Which frames a fault befalls. What isn't told, matches any. */
export interface FrameFilter {
  /** How many frames, over all connections. Default 1; `Infinity` until `clear()`. */
  count?: number;
  type?: StreamEventType;
  symbol?: string;
  interval?: string;
  /** Only frames with `x:true`, or only others. */
  closed?: boolean;
}

/** A frame's text, or its bytes where a binary frame is to go. */
export type FrameData = string | Buffer;

interface Rule {
  fault: Exclude<FrameFault, 'skewed'>;
  malformedAs: MalformedKind;
  filter: FrameFilter;
  /** Frames that it may still befall; positive. */
  left: number;
  /** What a reordering holds of each connection, by its id, in the order of time. */
  held: Map<number, FrameData[]>;
  /** Frames that a reordering turns round. */
  groupSize: number;
}

/** What befalls frames between the market and the sockets. */
export class FrameFaults {
  /** What event times and the server's time are ahead of the truth, ms; negative: behind. Counted as `skewed`. */
  skewMs = 0;

  readonly #tally: Tally<FrameFault>;
  /** Oldest first: the first that matches takes the frame. */
  #rules: Rule[] = [];

  constructor(tally: Tally<FrameFault>) {
    this.#tally = tally;
  }

  /** The next matching frames are not sent. */
  lose(filter: FrameFilter = {}): void {
    this.#add('lost', filter);
  }

  /** The next matching frames are sent twice. */
  duplicate(filter: FrameFilter = {}): void {
    this.#add('duplicated', filter);
  }

  /** The next matching frames are sent broken, instead of whole. Klines unless `type` says otherwise. */
  malform(kind: MalformedKind, filter: FrameFilter = {}): void {
    this.#add('malformed', {type: 'kline', ...filter}, kind);
  }

  /**
   * The next `count` matching frames of each connection are held back and sent in reverse order once all are there. Default
   * 2. Throws a `TypeError` for fewer than 2 or more than {@link REORDERED_FRAMES_MAX}.
   */
  reorder(filter: FrameFilter = {}): void {
    const groupSize = filter.count ?? 2;
    if (!(groupSize >= 2 && groupSize <= REORDERED_FRAMES_MAX)) {
      throw new TypeError(`Expected 2 to ${REORDERED_FRAMES_MAX} frames, got \`${groupSize}\``);
    }
    this.#add('reordered', {...filter, count: groupSize}, 'cut', groupSize);
  }

  /** No fault and no skew is left. What a reordering still held is lost, and not counted. */
  clear(): void {
    this.#rules = [];
    this.skewMs = 0;
  }

  /** What goes to a connection's socket in the frame's place, in this order. */
  apply(event: StreamEvent, to: {connectionId: number; combined: boolean}): FrameData[] {
    if (this.skewMs !== 0) this.#tally.add('skewed');
    const text = wrapped(event.stream, event.json, to.combined);
    const rule = this.#rules.find(({filter}) => matches(filter, event));
    if (rule === undefined) return [text];
    this.#tally.add(rule.fault);
    const frames = befall(rule, text, to.connectionId);
    rule.left -= 1;
    if (rule.left <= 0) this.#rules = this.#rules.filter(other => other !== rule);
    return frames;
  }

  #add(
    fault: Rule['fault'],
    filter: FrameFilter,
    malformedAs: MalformedKind = 'cut',
    groupSize = 0,
  ): void {
    const left = filter.count ?? 1;
    if (!(left >= 1)) throw new TypeError(`Expected \`count\` to be at least 1, got \`${left}\``);
    this.#rules.push({fault, malformedAs, filter, left, held: new Map(), groupSize});
  }
}

function befall(rule: Rule, text: string, connectionId: number): FrameData[] {
  if (rule.fault === 'lost') return [];
  if (rule.fault === 'duplicated') return [text, text];
  if (rule.fault === 'malformed') return [malformed(rule.malformedAs, text)];
  const held = rule.held.get(connectionId) ?? [];
  held.push(text);
  rule.held.set(connectionId, held);
  if (held.length < rule.groupSize) return [];
  rule.held.delete(connectionId);
  return held.reverse();
}

function matches(filter: FrameFilter, event: StreamEvent): boolean {
  return (
    (filter.type === undefined || filter.type === event.type) &&
    (filter.symbol === undefined || filter.symbol === event.symbol) &&
    (filter.interval === undefined || filter.interval === event.interval) &&
    (filter.closed === undefined || filter.closed === event.closed)
  );
}
