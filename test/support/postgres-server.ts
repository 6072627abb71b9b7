import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import postgres from 'postgres';
import {freePort} from './free-port.js';

/** Where Debian puts the servers, which it keeps out of the PATH. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** Folder of the newest server that is installed; undefined where none is. */
export function programsFolder(): string | undefined {
  if (!existsSync(DEBIAN_FOLDER)) return undefined;
  const versions = readdirSync(DEBIAN_FOLDER).sort((a, b) => Number(b) - Number(a));
  return versions
    .map(version => join(DEBIAN_FOLDER, version, 'bin'))
    .find(folder => existsSync(join(folder, 'initdb')));
}

/** Postgres refuses to run as root: then it runs as the user that Debian's package makes. */
function unprivileged(): {uid?: number; gid?: number} {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(entry => entry.startsWith('postgres:'));
  const [, , uid, gid] = (line ?? '').split(':').map(Number);
  return {uid: uid!, gid: gid!};
}

/** A Postgres server of a test's or a bench's own. */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #programs: string;
  #server: ReturnType<typeof spawn> | undefined;

  /** Makes a cluster, not started yet, that goes with the test. */
  static async make(t: ExecutionContext): Promise<PostgresServer> {
    const made = await PostgresServer.create();
    t.teardown(() => made.remove());
    return made;
  }

  /** Makes a cluster, not started yet; `remove()` is the caller's to call. */
  static async create(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'threadtally-postgres-'));
    const made = new PostgresServer(folder, programsFolder() ?? '', await freePort());
    made.own(folder);
    execFileSync(
      join(made.#programs, 'initdb'),
      ['-D', join(folder, 'data'), '-U', 'test', '-A', 'trust', '--no-sync', '-E', 'UTF8'],
      {...unprivileged(), stdio: 'ignore'},
    );
    return made;
  }

  private constructor(folder: string, programs: string, port: number) {
    this.#folder = folder;
    this.#programs = programs;
    this.port = port;
  }

  url(port = this.port, user = 'test'): string {
    return `postgres://${user}@127.0.0.1:${port}/postgres`;
  }

  /** Resolves when the server takes connections. It writes through to the disk only if it is to be durable: default false. */
  async start({isDurable = false} = {}): Promise<void> {
    const options = ['-D', join(this.#folder, 'data'), '-p', String(this.port)];
    const args = [...options, '-k', this.#folder, '-h', '127.0.0.1', ...(isDurable ? [] : ['-F'])];
    const server = spawn(join(this.#programs, 'postgres'), args, {
      ...unprivileged(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#server = server;
    let text = '';
    for await (const chunk of server.stderr!) {
      text += chunk;
      if (text.includes('ready to accept connections')) break;
    }
    server.stderr?.resume();
    const ready = ['-h', '127.0.0.1', '-p', String(this.port)];
    while (spawnSync(join(this.#programs, 'pg_isready'), ready).status !== 0);
  }

  /** Gives the server a folder to keep tables in. */
  own(folder: string): void {
    const {uid, gid} = unprivileged();
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  }

  /** Has a user show a password from now on. */
  async askPasswords(sql: postgres.Sql, user: string): Promise<void> {
    const file = join(this.#folder, 'data', 'pg_hba.conf');
    writeFileSync(file, `host all ${user} all scram-sha-256\n${readFileSync(file, 'utf8')}`);
    await sql.unsafe('select pg_reload_conf()');
  }

  /** Ends the server as a shutdown of its host would: connections are cut. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGINT');
    await exited;
  }

  /** Ends the server, and takes away all that it wrote. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, {recursive: true, force: true});
  }

  /** A client of the test's own, beside the machine's. */
  client(t: ExecutionContext): postgres.Sql {
    const sql = postgres(this.url(), {max: 1, onnotice: () => {}});
    t.teardown(() => sql.end({timeout: 0}));
    return sql;
  }
}
