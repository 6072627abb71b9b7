import {isToken} from '../http/token.js';
import type {ConfigOption} from './options.js';
import {type Config, SWITCH} from './settings.js';

/** The options of what the metrics server serves besides, and to whom. */
export const SERVER_OPTIONS: {
  readonly [Key in 'livePage' | 'metricsToken']: ConfigOption<Config[Key]>;
} = {
  livePage: {
    group: 'Metrics server',
    flag: 'live-page',
    placeholder: 'on|off',
    variable: 'LIVE_PAGE',
    domain: {
      expected: `one of ${SWITCH.join(', ')}`,
      parse: text => SWITCH.find(state => state === text),
    },
    fallback: 'on',
    description: 'page at / that shows the last hour, live; --no-live-page turns it off too',
    isSwitch: true,
  },
  metricsToken: {
    group: 'Metrics server',
    flag: 'metrics-token',
    placeholder: 'TOKEN',
    variable: 'METRICS_TOKEN',
    domain: {
      expected: 'a bearer token: 1 to 512 letters, digits and -._~+/, then perhaps =',
      parse: text => (isToken(text) ? text : undefined),
    },
    fallback: null,
    fallbackText: 'none, all is open',
    description: 'bearer token that /metrics and the live page ask for; better given as variable',
    isSecret: true,
  },
};
