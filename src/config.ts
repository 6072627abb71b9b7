import {parseArgs} from 'node:util';
import {configHelp} from './config/help.js';
import type {ConfigOption} from './config/option.js';
import {CONFIG_KEYS, CONFIG_OPTIONS} from './config/options.js';
import type {Config} from './config/settings.js';
import {oneLine, quoteValue} from './log.js';

export type {Config} from './config/settings.js';

/** What `parseConfig` gives for `--help`: the text to print. */
export interface ConfigHelp {
  readonly help: string;
}

/** Most edits from an unknown flag to the one that its error message suggests. */
const SUGGESTION_EDITS_MAX = 2;

/** Longest unknown flag that is compared with the known ones. Longer ones get no suggestion. */
const SUGGESTION_CHARS_MAX = 40;

/** A flag or variable that can't be used. The message is one line: expected, then got. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config_invalid';
}

/** `--no-live-page` is another way to write `--live-page=off`. */
const SWITCHED_OFF: ReadonlyMap<string, string> = new Map(
  CONFIG_KEYS.map(key => CONFIG_OPTIONS[key])
    .filter(({isSwitch}) => isSwitch === true)
    .map(({flag}) => [`--no-${flag}`, `--${flag}=off`]),
);

/** What a recording settles by itself. A variable may stand in the environment for another day; a flag is meant. */
const UNREPLAYED = [
  'feed',
  'symbolCount',
  'quoteAsset',
  'intervals',
  'streamUrl',
  'restUrl',
  'simulationSeed',
] as const satisfies readonly (keyof Config)[];

/** Looks like a URL with a user, whose password must not be shown. */
const CREDENTIALS = /:\/\/[^/]*@/;

const FLAGS: readonly string[] = CONFIG_KEYS.map(key => CONFIG_OPTIONS[key].flag);

/**
 * Reads the configuration from the command line and the environment. A flag wins over its variable,
 * which is then not looked at; of a repeated flag the last one counts; an empty variable counts as unset.
 * Where `--help` or `-h` stands anywhere among the arguments, the answer is the help text.
 *
 * @param argv the arguments behind the script's name
 * @throws ConfigError for an unknown flag, an argument that is no flag, a flag without value, or a
 * value that is out of range; the message names the flag or variable, what was expected and what came
 */
export function parseConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config | ConfigHelp {
  if (argv.includes('--help') || argv.includes('-h')) return {help: configHelp()};
  const flags = readFlags(argv);
  const config = {} as {-readonly [Key in keyof Config]: Config[Key]};
  const assign = <Key extends keyof Config>(key: Key): void => {
    config[key] = resolve(CONFIG_OPTIONS[key], flags, env);
  };
  for (const key of CONFIG_KEYS) assign(key);
  const speed = given(CONFIG_OPTIONS.replaySpeed, flags, env);
  if (speed !== null && config.replayDir === null) {
    throw new ConfigError(`Expected ${speed.name} to come with --replay, got no --replay`);
  }
  for (const key of config.replayDir === null ? [] : UNREPLAYED) {
    const source = given(CONFIG_OPTIONS[key], flags, env);
    if (source?.name.startsWith('--')) {
      throw new ConfigError(`Expected ${source.name} without --replay, which it says nothing to`);
    }
  }
  for (const key of ['streamUrl', 'restUrl'] as const) {
    const source = given(CONFIG_OPTIONS[key], flags, env);
    // A variable may stand in the environment for another day; a flag is meant.
    if (source?.name.startsWith('--') && config.feed !== 'binance') {
      const got = `got the feed ${config.feed}`;
      throw new ConfigError(`Expected ${source.name} to come with --feed binance, ${got}`);
    }
  }
  return Object.freeze(config);
}

/** Checks the arguments' form, not yet their values. Maps a flag to its last value. */
function readFlags(argv: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  // Not strict: parseArgs' own messages run over several lines and don't say what was expected.
  const {tokens} = parseArgs({
    args: argv.map(argument => SWITCHED_OFF.get(argument) ?? argument),
    options: Object.fromEntries(FLAGS.map(flag => [flag, {type: 'string' as const}])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw new ConfigError(`Expected flags only, got ${quoteValue(token.value)} (see --help)`);
    }
    const key = CONFIG_KEYS.find(
      candidate => `--${CONFIG_OPTIONS[candidate].flag}` === token.rawName,
    );
    if (key === undefined) throw unknownFlag(argv[token.index] ?? token.rawName);
    const {flag, domain} = CONFIG_OPTIONS[key];
    // parseArgs takes whatever follows: `--traders --port 1` means a forgotten file, not one named --port.
    const swallowed = token.inlineValue === false && /^-[^\d.]/.test(token.value);
    if (token.value === undefined || swallowed) {
      throw new ConfigError(`Expected --${flag} to be ${domain.expected}, got no value`);
    }
    flags.set(flag, token.value);
  }
  return flags;
}

/** Where an option was given and what came; null where its default holds. */
function given(
  {flag, variable}: ConfigOption<unknown>,
  flags: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): {readonly name: string; readonly text: string} | null {
  const flagText = flags.get(flag);
  if (flagText !== undefined) return {name: `--${flag}`, text: flagText};
  const envText = env[variable];
  return envText === undefined || envText === '' ? null : {name: variable, text: envText};
}

function resolve<T>(
  option: ConfigOption<T>,
  flags: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): T {
  const source = given(option, flags, env);
  if (source === null) return option.fallback;
  const value = option.domain.parse(source.text);
  if (value !== undefined) return value;
  const isSecret = option.isSecret === true || CREDENTIALS.test(source.text);
  const got = isSecret ? 'something else' : quoteValue(source.text);
  throw new ConfigError(`Expected ${source.name} to be ${option.domain.expected}, got ${got}`);
}

function unknownFlag(argument: string): ConfigError {
  const flag = argument.split('=', 1)[0]!.slice(0, SUGGESTION_CHARS_MAX);
  const closest = suggestion(flag.replace(/^-+/, '').toLowerCase());
  const hint = closest === undefined ? '(see --help)' : `did you mean --${closest}? (see --help)`;
  const separator = closest === undefined ? ' ' : '; ';
  return new ConfigError(`Unknown flag ${oneLine(flag)}${separator}${hint}`);
}

function suggestion(name: string): string | undefined {
  const candidates = [...FLAGS, 'help'].map(flag => {
    const isStart = name.length >= 3 && flag.startsWith(name);
    return {flag, edits: isStart ? 0 : editDistance(name, flag)};
  });
  const closest = candidates.reduce((best, next) => (next.edits < best.edits ? next : best));
  const isClose = closest.edits <= SUGGESTION_EDITS_MAX && closest.edits < name.length - 1;
  return isClose ? closest.flag : undefined;
}

/** Levenshtein's distance: the fewest insertions, deletions and replacements from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, index) => index);
  for (const [i, character] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = row[j]! + (character === b[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
