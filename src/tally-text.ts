import type {Tally} from './orchestrator.js';

/** A screening in one line, without its end. */
export function screenedText(
  {traders, newMatches, continuingMatches, errors}: Tally,
  tookMs: number,
): string {
  const failed = errors === 0 ? '' : `, ${countText(errors, 'error')}`;
  const matched = `${newMatches} new, ${continuingMatches} continuing`;
  return `Screened ${countText(traders, 'trader')}: ${matched}${failed}, ${tookMs.toFixed(1)} ms`;
}

/** What many screenings found, in words. */
export function tallyText({screenings, matches, signals}: Tally): string {
  const parts = [countText(screenings, 'screening'), countText(matches, 'match', 'matches')];
  return [...parts, countText(signals, 'signal')].join(', ');
}

/** `1 trader`, `2 traders`. */
export function countText(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
