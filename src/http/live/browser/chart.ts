import {secondsOf} from '../protocol.js';
import {numberText} from './format.js';
import uPlot from './uplot.js';

/** Pixels of a chart's height. */
const HEIGHT = 170;

/** Pixels between two labels of the time axis at least: they hold eight digits and colons. */
const LABEL_WIDTH = 76;

/** Line colours that stand out by 3 to 1 or more from the card, in light and in dark. */
const PALETTES = Object.freeze({
  light: ['#1d5fd1', '#c2570a', '#17743a', '#8b35b5', '#b3261e', '#0b7285', '#85631a', '#b02a75'],
  dark: ['#7fb0ff', '#f0a35a', '#6fd394', '#d29bf0', '#ff9088', '#62d0e0', '#dcc06a', '#ff94ca'],
});

const darkness = matchMedia('(prefers-color-scheme: dark)');

/** The colour of the line of that number. */
export function colourOf(index: number): string {
  const palette = darkness.matches ? PALETTES.dark : PALETTES.light;
  return palette[index % palette.length]!;
}

/** Calls `changed` whenever the system goes from light to dark or back. */
export function onColourChange(changed: () => void): void {
  darkness.addEventListener('change', changed);
}

/** A curve of a chart, all of one length; NaN where there is nothing. */
export interface Curve {
  readonly values: ArrayLike<number>;
  /** Of the line that it shows: its colour. */
  readonly colourIndex: number;
  readonly isDashed: boolean;
}

/** How a chart draws. */
export interface ChartOptions {
  readonly isStacked: boolean;
  /** Stands behind the numbers of its axis; none for counts. */
  readonly unit: string;
}

/** Curves over the last hour. */
export class Chart {
  readonly #host: HTMLElement;
  readonly #isStacked: boolean;
  readonly #unit: string;
  #plot: uPlot | undefined;
  /** Which curves the plot has: it is made anew when they change. */
  #key = '';

  constructor(host: HTMLElement, {isStacked, unit}: ChartOptions) {
    this.#host = host;
    this.#isStacked = isStacked;
    this.#unit = unit === '' ? '' : ` ${unit}`;
    new ResizeObserver(() => this.#fit()).observe(host);
  }

  /** @param point Number of the last point; the curves end there. */
  show(curves: readonly Curve[], point: number): void {
    const pointCount = curves[0]?.values.length ?? 0;
    const times = Array.from({length: pointCount}, (_, i) => secondsOf(point - pointCount + 1 + i));
    const drawn = this.#isStacked ? stacked(curves) : curves;
    const columns = drawn.map(({values}) => Array.from(values, orGap));
    const key = drawn.map(({colourIndex, isDashed}) => `${colourIndex}${isDashed}`).join();
    const data: uPlot.AlignedData = [times, ...columns];
    if (this.#plot !== undefined && key === this.#key) {
      this.#plot.setData(data);
      return;
    }
    this.#key = key;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(drawn), data, this.#host);
  }

  /** The next `show()` draws with new colours. */
  restyle(): void {
    this.#key = '-';
  }

  #fit(): void {
    const width = this.#host.clientWidth;
    if (width > 0 && this.#plot?.width !== width) this.#plot?.setSize({width, height: HEIGHT});
  }

  #options(curves: readonly Curve[]): uPlot.Options {
    const style = getComputedStyle(this.#host);
    const stroke = style.getPropertyValue('--dim');
    const grid = {stroke: style.getPropertyValue('--line'), width: 1};
    const series = curves.map(({colourIndex, isDashed}): uPlot.Series => {
      const colour = colourOf(colourIndex);
      return {
        stroke: colour,
        width: 1.5,
        points: {show: false},
        ...(isDashed ? {dash: [4, 3]} : {}),
        ...(this.#isStacked ? {fill: colour} : {}),
      };
    });
    return {
      width: this.#host.clientWidth || 300,
      height: HEIGHT,
      // Half a label's width: the last one stands at the very end.
      padding: [8, 28, 0, 0],
      legend: {show: false},
      cursor: {show: false},
      scales: {y: {range: (_, min, max) => [Math.min(0, min), max > 0 ? max * 1.05 : 1]}},
      axes: [
        {
          stroke,
          grid,
          ticks: grid,
          space: LABEL_WIDTH,
          values: (_, seconds, _axis, _space, step) => seconds.map(at => clockText(at, step)),
        },
        {
          stroke,
          grid,
          ticks: grid,
          size: 72,
          values: (_, values) => values.map(value => numberText(value) + this.#unit),
        },
      ],
      series: [{}, ...series],
    };
  }
}

/** Hours and minutes of the browser's time zone, 0 to 24; with seconds where labels are less than a minute apart. */
function clockText(seconds: number, step: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString('en-GB', {
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    ...(step < 60 ? {second: '2-digit'} : {}),
  });
}

/** Each curve upon those before it, the highest first: the lower ones are drawn over it. */
function stacked(curves: readonly Curve[]): Curve[] {
  let below: number[] = [];
  const piled = curves.map(curve => {
    below = Array.from(curve.values, (value, i) => {
      const base = below[i] ?? Number.NaN;
      if (Number.isNaN(value)) return base;
      return Number.isNaN(base) ? value : base + value;
    });
    return {...curve, values: below};
  });
  return piled.reverse();
}

function orGap(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
