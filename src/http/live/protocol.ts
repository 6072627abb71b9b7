/**
 * What live page and server say to each other, for both sides.
 *
 * The page opens a WebSocket at {@link FEED_PATH}. It gets the lines that there are (`tracks`), their last hour (`history`
 * and, in the next message, its numbers as 32-bit floats of little-endian order), and once a second what has changed
 * (`frame`). `tracks` comes again whenever a line comes or goes. The page itself says nothing.
 *
 * Measured: 1,024 lines of an hour as JSON are 13.4 MB, as floats 2.9 MB, and take a hundredth of the time. A frame of the
 * machine (8 traders, 20 symbols) is JSON of 272 to 949 bytes, 335 in the middle; ids and doubles would be no shorter.
 */

/** Where the feed is. */
export const FEED_PATH = '/live/feed';

/** The subprotocol that the page offers and the server takes. */
export const FEED_PROTOCOL = 'threadtally.live.1';

/**
 * Begins the second subprotocol that the page offers where it has a token: a browser can't set headers on a WebSocket. The
 * token follows in base64url, as not every character of a token may stand there. The server never names it in its answer.
 */
export const TOKEN_PROTOCOL_PREFIX = 'bearer.';

/** Seconds from one point of a line to the next: the machine's default time between two screenings. */
export const POINT_SECONDS = 5;

/** Points that are kept of each line, an hour. Older ones are overwritten. */
export const HISTORY_POINTS = 720;

/** What a line's points hold: a `level` its value, a `total` what was added since the point before. */
export type TrackKind = 'level' | 'total';

/** A number, or null where there is none: JSON has no NaN. */
export type WireNumber = number | null;

/** How a panel shows its lines. */
export type PanelView =
  /** Lines over the last hour. */
  | 'lines'
  /** Areas over the last hour, one upon the other. */
  | 'stacked'
  /** The same of totals, as what was added a second. */
  | 'stacked-rates'
  /** A bar for what was added in the last hour. */
  | 'bars'
  /** A bar for what is now. */
  | 'level-bars'
  /** Numbers alone. */
  | 'numbers'
  /** The state whose series is 1, for how long, and how much of the hour it was the first one. */
  | 'state'
  /** A row for all lines of one key, a column a reading: what was added in the last hour, or what is now. */
  | 'table'
  /** Each family: its number now, a second, and a sparkline. */
  | 'families';

/** A panel as the page is told of it. */
export interface PanelDeclaration {
  readonly id: string;
  /** Heading under which it stands. */
  readonly section: string;
  readonly title: string;
  /** Says what is shown. */
  readonly description: string;
  readonly view: PanelView;
  /** Such as `ms`; none for counts. */
  readonly unit?: string;
  /** Of bars: the value that fills one, such as that of an alert. Default: the largest. */
  readonly full?: number;
  /** Of each of its readings; empty where the line's name says all. */
  readonly titles: readonly string[];
}

/** A line of the page. */
export interface TrackDeclaration {
  /** Ascends; never another line's later. */
  readonly id: number;
  /** Of the panel that shows it. */
  readonly panel: string;
  /** Which of the panel's readings it is, from 0. */
  readonly reading: number;
  /** Text from the program, such as a trader's name: not to be trusted as anything but text. */
  readonly name: string;
  readonly kind: TrackKind;
  /** In a table: lines of one key are one row. Text from the program, as the name is. */
  readonly key?: string;
  /** In the table of all families: the family's type. */
  readonly type?: string;
  /** In the table of all families: the family's help. */
  readonly help?: string;
  readonly value: WireNumber;
  /** The value at the last point; of a total only. */
  readonly base: WireNumber;
}

/** Every line that there is, with its value now. */
export interface TracksMessage {
  readonly type: 'tracks';
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** Number of the last point: seconds since 1970, divided by {@link POINT_SECONDS} and cut. */
  readonly point: number;
  /** Those that have lines, in the order of the page. */
  readonly panels: readonly PanelDeclaration[];
  readonly tracks: readonly TrackDeclaration[];
  /** Lines for which there was no room. */
  readonly leftOut: number;
}

/** Announces the next message: for each id in turn `pointCount` floats, oldest first, NaN for none. */
export interface HistoryMessage {
  readonly type: 'history';
  /** Number of the last one. */
  readonly point: number;
  readonly pointCount: number;
  readonly ids: readonly number[];
}

/** What has changed. A point, where there is one, is recorded after the changes. */
export interface FrameMessage {
  readonly type: 'frame';
  readonly timeMs: number;
  readonly point: number;
  /** Id and value, id and value. */
  readonly set: readonly WireNumber[];
}

/** Any message in text. */
export type FeedMessage = TracksMessage | HistoryMessage | FrameMessage;

/** The point of a moment. */
export function pointAt(timeMs: number): number {
  return Math.floor(timeMs / 1_000 / POINT_SECONDS);
}

/** When a point began, in seconds since 1970. */
export function secondsOf(point: number): number {
  return point * POINT_SECONDS;
}

/** A number as JSON has it. */
export function toWire(value: number): WireNumber {
  return Number.isFinite(value) ? value : null;
}

/** Back from it. */
export function fromWire(value: WireNumber | undefined): number {
  return value ?? Number.NaN;
}
