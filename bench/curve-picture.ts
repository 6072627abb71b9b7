import {type GrowthTable, shownSize} from './growth-table.js';
import {COLOURS, escapeXml} from './picture.js';
import {shownFigure} from './table.js';

const WIDTH = 720;
const HEIGHT = 400;
/** Edges of the plot: figures stand left of it, names right of it. */
const LEFT = 80;
const RIGHT = 540;
const TOP = 40;
const BOTTOM = 350;
/** Least distance between two names, so that each can be read. */
const NAME_HEIGHT = 16;

/** Curves of one role are told apart by how they are dashed. */
const DASHES = ['', '6 3', '2 3', '8 3 2 3'];

/** Curves on two logarithmic scales, in SVG that reads on a dark page and on a light one: what is linear rises by 45 degrees. */
export function curvePictureOf({title, unit, sizeUnit, curves}: GrowthTable): string {
  const points = curves.flatMap(curve => curve.points).filter(({median}) => median > 0);
  const xOf = scaleOf(
    points.map(({size}) => size),
    [LEFT, RIGHT],
  );
  const yOf = scaleOf(
    points.map(({median}) => median),
    [BOTTOM, TOP],
  );
  const sizes = [...new Set(points.map(({size}) => size))].filter(isPowerOfTen);
  const xMarks = sizes.map(
    size =>
      `<line x1="${xOf(size)}" x2="${xOf(size)}" y1="${TOP}" y2="${BOTTOM}" stroke="#6b728033"/>
<text x="${xOf(size)}" y="${BOTTOM + 18}" text-anchor="middle">${shownSize(size)}</text>`,
  );
  const yMarks = decadesOf(points.map(({median}) => median)).map(
    value =>
      `<line x1="${LEFT}" x2="${RIGHT}" y1="${yOf(value)}" y2="${yOf(value)}" stroke="#6b728033"/>
<text x="${LEFT - 6}" y="${yOf(value) + 4}" text-anchor="end">${shownFigure(value)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#6b7280" role="img">
<title>${escapeXml(title)}</title>
<text x="8" y="22" font-size="14" font-weight="bold">${escapeXml(title)} (${escapeXml(unit)})</text>
${[...xMarks, ...yMarks].join('\n')}
${linesOf(curves, xOf, yOf).join('\n')}
<text x="${(LEFT + RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escapeXml(sizeUnit)}; both scales logarithmic</text>
</svg>
`;
}

function linesOf(
  curves: GrowthTable['curves'],
  xOf: (size: number) => number,
  yOf: (median: number) => number,
): string[] {
  const nameYs = apart(curves.map(({points}) => yOf(points.at(-1)?.median ?? 1)));
  const roleCounts = new Map<string, number>();
  return curves.map(({name, role, points}, i) => {
    const count = roleCounts.get(role) ?? 0;
    roleCounts.set(role, count + 1);
    const at = points
      .filter(({median}) => median > 0)
      .map(({size, median}) => `${xOf(size)},${yOf(median)}`);
    const dash = DASHES[count % DASHES.length];
    const dots = at.map(point => {
      const [x, y] = point.split(',');
      return `<circle cx="${x}" cy="${y}" r="2.5" fill="${COLOURS[role]}"/>`;
    });
    return `<polyline points="${at.join(' ')}" fill="none" stroke="${COLOURS[role]}" stroke-width="2" stroke-dasharray="${dash}"/>
${dots.join('')}
<text x="${RIGHT + 8}" y="${nameYs[i]! + 4}" fill="${COLOURS[role]}">${escapeXml(name)}</text>`;
  });
}

/** From a value's logarithm to a place between two edges. */
function scaleOf(values: readonly number[], [from, to]: readonly [number, number]) {
  const low = Math.log10(Math.min(...values));
  const high = Math.log10(Math.max(...values));
  return (value: number) =>
    Number((from + ((to - from) * (Math.log10(value) - low)) / (high - low || 1)).toFixed(1));
}

function decadesOf(values: readonly number[]): number[] {
  const from = Math.ceil(Math.log10(Math.min(...values)));
  const to = Math.floor(Math.log10(Math.max(...values)));
  return Array.from({length: Math.max(0, to - from + 1)}, (_, i) => 10 ** (from + i));
}

function isPowerOfTen(size: number): boolean {
  return Number.isInteger(Math.log10(size));
}

/** The same heights, moved apart where two names would cover each other. */
function apart(ys: readonly number[]): number[] {
  const placed = [...ys];
  const order = ys.map((_, i) => i).sort((a, b) => ys[a]! - ys[b]!);
  for (let k = 1; k < order.length; k++) {
    const above = placed[order[k - 1]!]!;
    placed[order[k]!] = Math.max(placed[order[k]!]!, above + NAME_HEIGHT);
  }
  return placed;
}
