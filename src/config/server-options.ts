import {isToken} from '../http/token.js';
import {integer, parseHost} from './domains.js';
import type {OptionsOf} from './option.js';
import {SWITCH} from './settings.js';

/** The options of the metrics server. */
export const SERVER_OPTIONS: OptionsOf<'port' | 'host' | 'livePage' | 'metricsToken'> = {
  port: {
    group: 'Metrics server',
    flag: 'port',
    placeholder: 'N',
    variable: 'METRICS_PORT',
    domain: integer(0, 65_535),
    fallback: 9091,
    description: 'TCP port of /metrics; 0 picks a free one and prints it',
  },
  host: {
    group: 'Metrics server',
    flag: 'host',
    placeholder: 'ADDRESS',
    variable: 'METRICS_HOST',
    domain: {expected: 'an IP address or a host name', parse: parseHost},
    fallback: '::',
    description: 'address to listen at; :: takes IPv6 and IPv4',
  },
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
