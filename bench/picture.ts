import {shownFigure, type Table} from './table.js';

const WIDTH = 720;
const ROW_HEIGHT = 26;
const BAR_HEIGHT = 16;
const HEAD_HEIGHT = 40;
/** Where bars begin: names stand left of it. */
const BARS_LEFT = 250;
/** Room for a figure right of the longest bar. */
const FIGURE_WIDTH = 110;

/** What a role is drawn in. */
export const COLOURS = {ours: '#2563eb', peer: '#9ca3af', floor: '#16a34a'} as const;

/** A table's medians as bars on a logarithmic scale, in SVG that reads on a dark page and on a light one. */
export function pictureOf({title, unit, figures}: Table): string {
  const medians = figures.map(({median}) => median).filter(median => median > 0);
  // A decade below the lowest: the shortest bar can still be seen.
  const lowest = Math.log10(Math.min(...medians)) - 0.5;
  const highest = Math.log10(Math.max(...medians));
  const room = WIDTH - BARS_LEFT - FIGURE_WIDTH;
  const barOf = (median: number) =>
    median <= 0 ? 0 : (room * (Math.log10(median) - lowest)) / (highest - lowest || 1);
  const height = HEAD_HEIGHT + figures.length * ROW_HEIGHT + 10;
  const rows = figures.map(({name, role, median}, i) => {
    const top = HEAD_HEIGHT + i * ROW_HEIGHT;
    const middle = top + BAR_HEIGHT / 2 + 5;
    const width = barOf(median).toFixed(1);
    const end = (BARS_LEFT + Number(width) + 6).toFixed(1);
    return [
      `<text x="${BARS_LEFT - 8}" y="${middle}" text-anchor="end">${escapeXml(name)}</text>`,
      `<rect x="${BARS_LEFT}" y="${top}" width="${width}" height="${BAR_HEIGHT}" rx="2" fill="${COLOURS[role]}"/>`,
      `<text x="${end}" y="${middle}">${shownFigure(median)} ${escapeXml(unit)}</text>`,
    ].join('\n');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" fill="#6b7280" role="img">
<title>${escapeXml(title)}</title>
<text x="8" y="22" font-size="14" font-weight="bold">${escapeXml(title)} (${escapeXml(unit)}, logarithmic)</text>
${rows.join('\n')}
</svg>
`;
}

/** Text as it may stand in an element or attribute. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
