import {element} from './dom.js';

const WHOLE = new Intl.NumberFormat('en-US', {maximumFractionDigits: 2});
const SMALL = new Intl.NumberFormat('en-US', {maximumSignificantDigits: 3});

/** A number to read: two decimals, or three digits where it is small; a dash for none. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 1 || value === 0 ? WHOLE.format(value) : SMALL.format(value);
}

/** A span of time to read. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** A number with its unit on the page. Its `value` has every digit. */
export class NumberElement {
  readonly element = element('data', {value: ''}, '–');
  readonly #unit: string;

  constructor(unit = '') {
    this.#unit = unit;
  }

  show(value: number): void {
    const exact = Number.isFinite(value) ? String(value) : '';
    if (this.element.value === exact) return;
    this.element.value = exact;
    const unit = this.#unit === '' || exact === '' ? '' : ` ${this.#unit}`;
    this.element.textContent = numberText(value) + unit;
  }
}
