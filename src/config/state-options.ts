import {
  ANALYSES_AT_ONCE,
  ANALYSES_PER_MINUTE_MAX,
  ANALYSES_WAITING_MAX,
  ANALYSIS_TIMEOUT_MS,
} from '../signals/analysis-limits.js';
import {SYNCHRONOUS_MODES} from '../sync/synchronous.js';
import {integer, parseHttpUrl, parsePostgresUrl} from './domains.js';
import type {OptionsOf} from './option.js';
import {
  ANALYSES_AT_ONCE_MAX,
  ANALYSES_WAITING_LIMIT,
  ANALYSIS_TIMEOUT_MS_MAX,
  MACHINE_ID_CHARS_MAX,
} from './settings.js';

/** The options of what becomes of signals, and of what outlives the machine. */
export const STATE_OPTIONS: OptionsOf<
  | 'analysisUrl'
  | 'analysesAtOnce'
  | 'analysesWaitingMax'
  | 'analysisTimeoutMs'
  | 'analysesPerMinute'
  | 'dataDir'
  | 'databaseUrl'
  | 'machineId'
  | 'outboxMib'
  | 'synchronous'
> = {
  analysisUrl: {
    group: 'Signals',
    flag: 'analysis-url',
    placeholder: 'URL',
    variable: 'ANALYSIS_URL',
    domain: {expected: 'an http or https URL without user and password', parse: parseHttpUrl},
    fallback: null,
    fallbackText: 'none, the built-in analyser',
    description: 'endpoint that analyses signals',
  },
  analysesAtOnce: {
    group: 'Signals',
    flag: 'analyses-at-once',
    placeholder: 'N',
    variable: 'ANALYSES_AT_ONCE',
    domain: integer(1, ANALYSES_AT_ONCE_MAX),
    fallback: ANALYSES_AT_ONCE,
    description: 'signals that are analysed at once',
  },
  analysesWaitingMax: {
    group: 'Signals',
    flag: 'analyses-waiting-max',
    placeholder: 'N',
    variable: 'ANALYSES_WAITING_MAX',
    domain: integer(0, ANALYSES_WAITING_LIMIT),
    fallback: ANALYSES_WAITING_MAX,
    description: 'signals that wait for it; beyond it the newest of the lowest priority fails',
  },
  analysisTimeoutMs: {
    group: 'Signals',
    flag: 'analysis-timeout-ms',
    placeholder: 'MS',
    variable: 'ANALYSIS_TIMEOUT_MS',
    domain: integer(100, ANALYSIS_TIMEOUT_MS_MAX, ' milliseconds'),
    fallback: ANALYSIS_TIMEOUT_MS,
    description: 'time for each of at most four tries',
  },
  analysesPerMinute: {
    group: 'Signals',
    flag: 'analyses-per-minute',
    placeholder: 'N',
    variable: 'ANALYSES_PER_MINUTE',
    domain: integer(0, ANALYSES_PER_MINUTE_MAX),
    fallback: 0,
    fallbackText: '0, no limit',
    description: 'tries in any minute',
  },
  dataDir: {
    group: 'State',
    flag: 'data-dir',
    placeholder: 'DIR',
    variable: 'DATA_DIR',
    domain: {
      expected: 'the path of a folder',
      parse: text => (text.trim() === '' || text.includes('\0') ? undefined : text),
    },
    fallback: 'data',
    description: 'folder of the SQLite file with signals and all else that outlives the machine',
  },
  databaseUrl: {
    group: 'State',
    flag: 'database-url',
    placeholder: 'URL',
    variable: 'DATABASE_URL',
    domain: {expected: 'a postgres:// URL', parse: parsePostgresUrl},
    fallback: null,
    fallbackText: 'none, the SQLite file keeps all',
    description: 'Postgres server that keeps the state; the SQLite file is its outbox then',
    isSecret: true,
  },
  machineId: {
    group: 'State',
    flag: 'machine-id',
    placeholder: 'NAME',
    variable: 'MACHINE_ID',
    domain: {
      expected: `1 to ${MACHINE_ID_CHARS_MAX} letters, digits, dots, dashes and underscores`,
      parse: text =>
        /^[\w.-]+$/.test(text) && text.length <= MACHINE_ID_CHARS_MAX ? text : undefined,
    },
    fallback: null,
    fallbackText: "the host's name",
    description: 'name of this machine in each row that it writes',
  },
  outboxMib: {
    group: 'State',
    flag: 'outbox-mib',
    placeholder: 'MIB',
    variable: 'OUTBOX_MIB',
    domain: integer(1, 65_536, ' MiB'),
    fallback: 256,
    description: 'rows that may wait for the Postgres server; then metrics go first, then events',
  },
  synchronous: {
    group: 'State',
    flag: 'synchronous',
    placeholder: 'MODE',
    variable: 'SYNCHRONOUS',
    domain: {
      expected: `one of ${SYNCHRONOUS_MODES.join(', ')}`,
      parse: text => SYNCHRONOUS_MODES.find(mode => mode === text),
    },
    fallback: 'full',
    description:
      'what a power cut leaves: full, all that was reported; normal, all but the last moments',
  },
};
