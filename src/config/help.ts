import type {ConfigOption} from './option.js';
import {CONFIG_KEYS, CONFIG_OPTIONS} from './options.js';

const HELP_COLUMNS = 100;
const HELP_GAP = '  ';

/** The text of `--help`: every option with its variable, type, unit and default, grouped. */
export function configHelp(): string {
  const rows = CONFIG_KEYS.map(key => helpRow(CONFIG_OPTIONS[key]));
  rows.push({group: 'Output', flag: '--help, -h', variable: '', detail: 'prints this text'});
  const flagWidth = Math.max(...rows.map(row => row.flag.length));
  const variableWidth = Math.max(...rows.map(row => row.variable.length));
  const lines = ['Usage: npm start -- [flags]', '', 'A flag wins over its environment variable.'];
  lines.push('A value that begins with a dash is written --flag=-value.');
  for (const [index, {group, flag, variable, detail}] of rows.entries()) {
    if (group !== rows[index - 1]?.group) lines.push('', `${group}:`);
    const names = [flag.padEnd(flagWidth), variable.padEnd(variableWidth), ''];
    const margin = HELP_GAP + names.join(HELP_GAP);
    for (const [lineIndex, part] of wrap(detail, HELP_COLUMNS - margin.length).entries()) {
      lines.push((lineIndex === 0 ? margin : ' '.repeat(margin.length)) + part);
    }
  }
  return `${lines.join('\n')}\n`;
}

function helpRow(option: ConfigOption<unknown>) {
  const {group, variable, description, domain} = option;
  const fallback = option.fallbackText ?? String(option.fallback);
  return {
    group,
    flag: `--${option.flag} ${option.placeholder}`,
    variable,
    detail: `${description} (${domain.expected}; default: ${fallback})`,
  };
}

function wrap(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
