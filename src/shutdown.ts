import {ANALYSIS_GRACE_MS} from './analysis.js';
import {STATE_GRACE_MS} from './machine-state.js';
import {SHUTDOWN_GRACE_MS} from './pool/screener-pool.js';
import {POSTGRES_CLOSE_GRACE_MS} from './sync/postgres-client.js';
import {SQLITE_CLOSE_GRACE_MS} from './sync/sqlite-client.js';

/** Milliseconds that the machine's server leaves scrapes under way when all else has ended: then they are cut. */
export const SERVER_GRACE_MS = 500;

/**
 * Milliseconds from a signal to the process' end where each part takes all of its grace: a filter hangs, beside analyses;
 * the database answers nothing and isn't let go of; the file closes slowly; a scraper takes nothing. In this order, as main
 * does it. `kill_timeout` in fly.toml is longer. A disk that takes no write at all is waited for: killing loses no more.
 */
export const SHUTDOWN_MS_MAX =
  Math.max(SHUTDOWN_GRACE_MS, ANALYSIS_GRACE_MS) +
  STATE_GRACE_MS +
  POSTGRES_CLOSE_GRACE_MS +
  SQLITE_CLOSE_GRACE_MS +
  SERVER_GRACE_MS;
