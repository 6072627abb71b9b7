import {execFile} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {promisify} from 'node:util';
import {CATALOGUE} from '../../src/metrics/catalogue.js';
import {copyOf, readDockerfile, restsOf, type Stage} from '../support/dockerfile.js';
import {parsePage, sampleKey} from '../support/exposition.js';
import {startCommand, urlOf} from '../support/program.js';
import {testInGate} from '../support/real-programs.js';
import {temporaryFolder} from '../support/temporary-folder.js';

const run = promisify(execFile);

/** Takes a stage's steps in a folder that stands for its image, with those before it beside. */
async function build(stage: Stage, images: string): Promise<Record<string, string>> {
  const image = join(images, stage.name);
  const env: Record<string, string> = {};
  let folder = image;
  mkdirSync(image);
  for (const {name, rest} of stage.instructions) {
    if (name === 'WORKDIR') {
      folder = join(image, rest);
      mkdirSync(folder, {recursive: true});
    } else if (name === 'ENV') {
      const [key = '', value = ''] = rest.split('=');
      env[key] = value;
    } else if (name === 'COPY') {
      const {from, sources, target} = copyOf(rest);
      const root = from === undefined ? '.' : join(images, from);
      for (const source of sources) await copy(join(root, source), join(folder, target));
    } else if (name === 'RUN') {
      await run('sh', ['-c', rest], {cwd: folder, env: {...process.env, ...env}, maxBuffer: 1e8});
    }
  }
  return env;
}

async function copy(source: string, target: string): Promise<void> {
  const place = target.endsWith('/') ? join(target, basename(source)) : target;
  await run('cp', ['-a', source, place]);
}

/** What the lock says of a package. */
interface Locked {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** The user that a process runs as. */
function userIdOf(pid: number): number {
  return Number(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

testInGate(
  "the Dockerfile's steps, taken in clean folders, make a machine of production dependencies that runs as an ordinary user and answers /metrics",
  async t => {
    t.timeout(600_000);
    const images = temporaryFolder(t);
    // The machine's user looks in from outside.
    chmodSync(images, 0o755);
    const stages = readDockerfile('Dockerfile');
    let env: Record<string, string> = {};
    for (const stage of stages) env = await build(stage, images);
    const last = stages.at(-1)!;
    const image = join(images, last.name);
    const app = join(image, restsOf(last, 'WORKDIR')[0] ?? '');

    const {packages} = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const locked = Object.entries<Locked>(packages).filter(([path]) => path !== '');
    t.true(locked.some(([, {dev}]) => dev) && locked.some(([, {dev}]) => !dev));
    for (const [path, {dev, optional, devOptional}] of locked) {
      // Optional ones are there where they fit the platform.
      if (dev) t.false(existsSync(join(app, path)), path);
      else if (!optional && !devOptional) t.true(existsSync(join(app, path)), path);
    }
    for (const path of ['typescript', '@typescript', '.bin/tsc']) {
      t.false(existsSync(join(app, 'node_modules', path)), path);
    }
    t.deepEqual(readdirSync(join(app, 'dist')).toSorted(), ['src', 'workers']);
    t.deepEqual(readdirSync(app).toSorted(), [
      'dist',
      'docker-entrypoint.sh',
      'node_modules',
      'package.json',
    ]);

    const [entrypoint = ''] = JSON.parse(restsOf(last, 'ENTRYPOINT')[0] ?? '[]');
    const command = JSON.parse(restsOf(last, 'CMD')[0] ?? '[]');
    const data = join(image, env.DATA_DIR ?? '');
    // A volume comes as a folder of root's.
    mkdirSync(data);
    const program = startCommand(t, [join(image, entrypoint), ...command], {
      cwd: app,
      env: {
        PATH: process.env.PATH ?? '',
        ...env,
        DATA_DIR: data,
        // The image's user `node` isn't known outside of it.
        RUN_AS: 'nobody',
        METRICS_PORT: '0',
        METRICS_HOST: '127.0.0.1',
      },
    });
    const url = await urlOf(program);
    await program.line(/^\S+ Screened 8 traders/);
    const answer = await fetch(`${url}/metrics`);
    t.is(answer.status, 200);
    const page = parsePage(new Uint8Array(await answer.arrayBuffer()));
    const connected = sampleKey(CATALOGUE.binanceWsConnected.name, {status: 'connected'});
    t.is(page.get(connected), 1);
    t.not(userIdOf(program.pid!), 0);
    t.true(readdirSync(data).includes('threadtally.db'));
    program.kill('SIGINT');
    t.is(await program.exited, 0);
    t.deepEqual(program.errorLines, []);
  },
);
