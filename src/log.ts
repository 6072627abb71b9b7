import {pino} from 'pino';
import {prettyFactory} from 'pino-pretty';

/** Levels of `--log-level`, quietest first: each one writes itself and those before it. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Longest part of a refused value, in UTF-16 units, that an error message shows; `…` marks the cut. */
export const QUOTED_CHARS_MAX = 60;

/** Writes one line. Fields follow the message as `key=value`; an `Error` among them shows message and code. */
export type LogLine = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** The machine's log: for people, one line an event. */
export interface Log {
  readonly error: LogLine;
  readonly warn: LogLine;
  readonly info: LogLine;
  readonly debug: LogLine;
}

/** Where the lines go: `process.stdout`, or anything that takes text. */
export interface LogDestination {
  write(text: string): unknown;
  /** Where there is one, it is written to directly and `write` isn't called. */
  readonly fd?: number;
  readonly isTTY?: boolean;
  /** As `tty.WriteStream` has it, which minds NO_COLOR, FORCE_COLOR and TERM. */
  hasColors?(): boolean;
}

const PLAIN_WORD = /^[^\s"=]+$/;

/**
 * Creates a log that writes `HH:MM:ss message key=value`, local time, with `WARN` or `ERROR` before
 * the message where it is one, and colours only on a terminal that has them. At level `debug` the
 * stacks of errors follow their line, indented. `silent` writes nothing at all, errors included: what
 * must be read even then (a refused configuration) belongs on stderr and in the exit code.
 *
 * Each line is out when the call returns, so `process.exit()` loses none. For that pino-pretty's own
 * stream, a Transform, is passed by, and so is `process.stdout.write`: behind a full pipe it queues in
 * memory. The price: a reader that stops reading stops the caller. One that closes its end is not
 * missed, the lines are dropped.
 */
export function createLog(level: LogLevel, destination: LogDestination = process.stdout): Log {
  const render = prettyFactory({
    colorize: destination.isTTY === true && (destination.hasColors?.() ?? true),
    ignore: 'time,level,fields,stacks',
    hideObject: true,
    // pino-pretty would paint every message cyan.
    customColors: 'message:reset',
    messageFormat: (line, messageKey, _levelKey, {colors}) => {
      const time = colors.gray(new Date(Number(line.time)).toTimeString().slice(0, 8));
      const warning = line.level === pino.levels.values.warn ? ` ${colors.yellow('WARN')}` : '';
      const mark = line.level === pino.levels.values.error ? ` ${colors.red('ERROR')}` : warning;
      const fields = fieldsText(line.fields);
      const tail = fields === '' ? '' : ` ${colors.gray(fields)}`;
      return `${time}${mark} ${line[messageKey]}${tail}${line.stacks}`;
    },
  });
  const {fd} = destination;
  const output = fd === undefined ? destination : pino.destination({fd, sync: true});
  const lines = pino({level, base: null}, {write: line => output.write(render(line))});
  const write =
    (lineLevel: Exclude<LogLevel, 'silent'>): LogLine =>
    (message, fields = {}) => {
      if (!lines.isLevelEnabled(lineLevel)) return;
      const shown = Object.entries(fields).map(([key, value]) => [key, jsonValue(value)]);
      const stacks = level === 'debug' ? Object.values(fields).map(indentedStack).join('') : '';
      lines[lineLevel]({fields: Object.fromEntries(shown), stacks}, oneLine(message));
    };
  return {error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug')};
}

/** `text` with its control characters and line separators escaped, so that it stays on its line. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, character => {
    const code = character.charCodeAt(0);
    return SHORT_ESCAPES[character] ?? `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};

/** A refused value as an error message shows it: one line, strings in JSON's quotes and cut. */
export function quoteValue(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > QUOTED_CHARS_MAX;
    return oneLine(JSON.stringify(cut ? `${value.slice(0, QUOTED_CHARS_MAX - 1)}…` : value));
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** The fields as pino's JSON holds them: an object, or a string where they can't be serialized. */
function fieldsText(fields: unknown): string {
  if (typeof fields !== 'object' || fields === null) return oneLine(String(fields));
  const texts = Object.entries(fields).map(([key, value]) => {
    const isPlain = typeof value === 'string' && PLAIN_WORD.test(value);
    return `${key}=${isPlain ? value : JSON.stringify(value)}`;
  });
  return oneLine(texts.join(' '));
}

/** What pino would lose in its JSON: errors, and numbers that aren't finite. */
function jsonValue(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (!(value instanceof Error)) return value;
  const code = 'code' in value && value.code !== undefined ? ` (${String(value.code)})` : '';
  return `${value.message}${code}`;
}

function indentedStack(value: unknown): string {
  if (!(value instanceof Error) || value.stack === undefined) return '';
  return value.stack
    .split('\n')
    .map(line => `\n    ${oneLine(line.trim())}`)
    .join('');
}
