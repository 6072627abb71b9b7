import {VALUE_BYTES} from './text-value.js';

const LENGTH_FIRST = 4_096;
const ASCII_MAX = 0x7f;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const LETTER_N = 0x6e;
const BLANK = 0x20;

/** Of UTF-8, for a unit of UTF-16; an escaped character has two. */
const BYTES_PER_UNIT_MAX = 3;

const encoder = new TextEncoder();

/**
 * Writes lines as bytes, character by character: lines that are put together as strings are much garbage at once, and
 * collecting it moves what was recorded just before about, which keeps the main thread for far longer than a slice.
 */
export class LineWriter {
  #bytes = new Uint8Array(LENGTH_FIRST);
  #length = 0;
  /** By line: one past the last byte of its slot. */
  #slotEnds: number[] = [];

  /** Lines begun and ended. */
  get lineCount(): number {
    return this.#slotEnds.length;
  }

  /** Adds a text as it is. */
  text(text: string): void {
    this.#reserve(text.length * BYTES_PER_UNIT_MAX);
    const bytes = this.#bytes;
    let length = this.#length;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > ASCII_MAX) {
        length += encoder.encodeInto(text.slice(i), bytes.subarray(length)).written;
        break;
      }
      bytes[length++] = unit;
    }
    this.#length = length;
  }

  /** Adds a text between quotes, escaped as `escapeQuoted()` does it. */
  quoted(text: string): void {
    this.#reserve(text.length * BYTES_PER_UNIT_MAX + 2);
    const bytes = this.#bytes;
    let length = this.#length;
    bytes[length++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > ASCII_MAX) {
        length += encoder.encodeInto(escapeQuoted(text.slice(i)), bytes.subarray(length)).written;
        break;
      }
      if (unit === LINE_FEED || unit === BACKSLASH || unit === QUOTE) bytes[length++] = BACKSLASH;
      bytes[length++] = unit === LINE_FEED ? LETTER_N : unit;
    }
    bytes[length++] = QUOTE;
    this.#length = length;
  }

  /** Ends the line with a blank and the slot of its value. */
  slot(): void {
    this.#reserve(VALUE_BYTES + 2);
    const end = this.#length + 1 + VALUE_BYTES;
    this.#bytes.fill(BLANK, this.#length, end);
    this.#bytes[end] = LINE_FEED;
    this.#slotEnds.push(end);
    this.#length = end + 1;
  }

  /** The lines since it was called last, in bytes of their own, and by line one past the last byte of its slot. */
  take(): {bytes: Uint8Array; valueEnds: Uint32Array} {
    const taken = {
      bytes: this.#bytes.slice(0, this.#length),
      valueEnds: Uint32Array.from(this.#slotEnds),
    };
    this.#length = 0;
    this.#slotEnds = [];
    return taken;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const longer = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    longer.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = longer;
  }
}

/** Escapes what both formats escape in a label's value, and OpenMetrics in a help too. */
export function escapeQuoted(text: string): string {
  return escapeLine(text).replaceAll('"', '\\"');
}

/** Escapes what would end a line, or an escape. */
export function escapeLine(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
