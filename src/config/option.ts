import type {Domain} from './domains.js';
import type {Config} from './settings.js';

/** One row of the table: an option of the command line and of the environment. */
export interface ConfigOption<T> {
  /** Heading in the help. */
  readonly group: string;
  /** Flag, without its dashes. */
  readonly flag: string;
  /** What stands for the flag's value in the help. */
  readonly placeholder: string;
  /** Environment variable. */
  readonly variable: string;
  readonly domain: Domain<T>;
  readonly fallback: T;
  /** The default in words, where the value itself wouldn't tell. */
  readonly fallbackText?: string;
  readonly description: string;
  /** True where a refused value is not to be shown: it may hold a password. */
  readonly isSecret?: boolean;
  /** True where `--no-` before the flag's name, without a value, means `off`. */
  readonly isSwitch?: boolean;
}

/** The rows of some settings, in the order of the help. */
export type OptionsOf<Key extends keyof Config> = {
  readonly [K in Key]: ConfigOption<Config[K]>;
};
