import {LOG_LEVELS} from '../log.js';
import {MARKET_OPTIONS} from './market-options.js';
import type {OptionsOf} from './option.js';
import {SCREENING_OPTIONS} from './screening-options.js';
import {SERVER_OPTIONS} from './server-options.js';
import type {Config} from './settings.js';
import {STATE_OPTIONS} from './state-options.js';

/** Every option, in the order of the help. */
export const CONFIG_OPTIONS: OptionsOf<keyof Config> = {
  ...SERVER_OPTIONS,
  ...SCREENING_OPTIONS,
  ...MARKET_OPTIONS,
  ...STATE_OPTIONS,
  logLevel: {
    group: 'Output',
    flag: 'log-level',
    placeholder: 'LEVEL',
    variable: 'LOG_LEVEL',
    domain: {
      expected: `one of ${LOG_LEVELS.join(', ')}`,
      parse: text => LOG_LEVELS.find(level => level === text),
    },
    fallback: 'info',
    description: 'least severe lines to write; silent writes none, not even errors',
  },
};

/** The keys of {@link CONFIG_OPTIONS}, in its order. */
export const CONFIG_KEYS = Object.keys(CONFIG_OPTIONS) as readonly (keyof Config)[];
