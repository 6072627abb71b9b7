import {fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {SuiteTable} from './suites.js';

const PROCESS = fileURLToPath(new URL('./suite-process.js', import.meta.url));

/**
 * Milliseconds for a suite, beside the minutes that the soak is asked for. One that takes longer hangs: it is ended, and said
 * to have failed. The longest takes about four minutes.
 */
const SUITE_MS_MAX = (15 + Number(process.env.SOAK_MINUTES ?? 10)) * 60_000;

/** What a suite's process says. */
export type SuiteMessage = {readonly tables: readonly SuiteTable[]} | {readonly failure: string};

/** What became of a suite. */
export interface SuiteOutcome {
  readonly tables: readonly SuiteTable[];
  readonly failure?: string;
  readonly seconds: number;
}

/**
 * Runs a suite in a process of its own: no heap is as another suite left it, and what kills one suite ends no other. Never
 * rejects.
 */
export async function runSuite(name: string): Promise<SuiteOutcome> {
  const start = performance.now();
  const said = await new Promise<SuiteMessage>(resolve => {
    const child = fork(PROCESS, [name], {serialization: 'advanced'});
    const limit = setTimeout(() => {
      resolve({failure: `It took more than ${SUITE_MS_MAX / 60_000} minutes`});
      child.kill('SIGKILL');
    }, SUITE_MS_MAX);
    child.on('message', message => resolve(message as SuiteMessage));
    child.on('error', error => resolve({failure: error.message}));
    child.on('exit', (code, signal) => {
      clearTimeout(limit);
      resolve({failure: `Its process ended with ${signal ?? code}`});
    });
  });
  const seconds = (performance.now() - start) / 1_000;
  return {tables: [], ...said, seconds};
}
