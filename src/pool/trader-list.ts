import type {TaskTrader} from '../screener/task.js';
import {type CloudTrader, intervalsOf} from '../screener/trader.js';

/** What a worker needs to know of a trader. */
export function taskTraderOf(trader: CloudTrader): TaskTrader {
  return {code: trader.filter.code, intervals: intervalsOf(trader)};
}

/** @throws TypeError where it is no list, or two traders have one id. */
export function checkIds(traders: readonly CloudTrader[]): void {
  if (!Array.isArray(traders)) {
    throw new TypeError(
      `Expected a list of traders, got \`${traders === null ? 'null' : typeof traders}\``,
    );
  }
  const seen = new Set<string>();
  for (const {id} of traders) {
    if (seen.has(id)) throw new TypeError(`Expected each trader's id once, got \`${id}\` twice`);
    seen.add(id);
  }
}

/** Why a trader can't be run at all; whoever calls from JavaScript may leave its filter out. */
export function problemOf(trader: CloudTrader): string | undefined {
  const code: unknown = (trader.filter as CloudTrader['filter'] | undefined)?.code;
  if (typeof code === 'string') return undefined;
  return `Expected \`filter.code\` to be a text, got \`${code === null ? 'null' : typeof code}\``;
}
