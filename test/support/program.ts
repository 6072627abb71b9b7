import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {temporaryFolder} from './temporary-folder.js';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** The machine as a process of its own. */
export interface Program {
  readonly lines: string[];
  readonly errorLines: string[];
  /** Resolves with the first line that fits, of those that came and those to come; rejects when the program ends without. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** The exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly pid: number | undefined;
}

/**
 * Starts the machine with nothing of the caller's environment but the path, in a data folder of its own unless one is given, and
 * ends it with the test.
 */
export function startProgram(
  t: ExecutionContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const withFolder = {PATH: process.env.PATH ?? '', DATA_DIR: temporaryFolder(t), ...env};
  return startCommand(t, [process.execPath, MAIN, ...args], {env: withFolder});
}

/** Starts a command with this environment and nothing of the caller's, and ends it with the test. */
export function startCommand(
  t: ExecutionContext,
  [command = '', ...args]: readonly string[],
  options: {readonly env: Readonly<Record<string, string>>; readonly cwd?: string},
): Program {
  const child = spawn(command, args, {...options, stdio: ['ignore', 'pipe', 'pipe']});
  t.teardown(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  const errorLines: string[] = [];
  const output = createInterface({input: child.stdout});
  output.on('line', line => lines.push(line));
  createInterface({input: child.stderr}).on('line', line => errorLines.push(line));
  const closed = once(child, 'close');
  const line = async (pattern: RegExp): Promise<RegExpExecArray> => {
    let read = 0;
    for (;;) {
      for (; read < lines.length; read++) {
        const found = pattern.exec(lines[read]!);
        if (found !== null) return found;
      }
      const event = await Promise.race([once(output, 'line'), closed.then(() => undefined)]);
      if (event === undefined && read === lines.length) {
        throw new Error(`Expected a line like ${pattern}, got an end: ${errorLines.join('\n')}`);
      }
    }
  };
  return {
    lines,
    errorLines,
    line,
    kill: signal => child.kill(signal),
    exited: closed.then(([code]) => code),
    pid: child.pid,
  };
}

/** The base URL of a machine once it says that it listens. */
export async function urlOf(program: Program): Promise<string> {
  const [, url = ''] = await program.line(/Metrics at (http:\S+)\/metrics/);
  return url;
}
