import {readFileSync, statSync} from 'node:fs';
import test from 'ava';
import {parse} from 'smol-toml';
import {CLOSE_GRACE_MS} from '../src/http/server.js';
import {SERVER_GRACE_MS, SHUTDOWN_MS_MAX} from '../src/shutdown.js';
import {copyOf, readDockerfile, restsOf} from './support/dockerfile.js';

/** Milliseconds for what takes time without a grace: ending threads and the process. */
const SLACK_MS = 250;

const config = parse(readFileSync('fly.toml', 'utf8'));
const stages = readDockerfile('Dockerfile');
const last = stages.at(-1)!;

test('fly.toml tells Fly where the metrics stand and how to stop the machine', t => {
  t.deepEqual(config.metrics, {port: 9091, path: '/metrics'});
  t.is(config.kill_signal, 'SIGINT');
  t.is(config.kill_timeout, '5s');
  t.like(config.env, {METRICS_PORT: '9091'});
});

test('the machine stops before Fly kills it, whatever hangs', t => {
  const killMs = Number.parseInt(String(config.kill_timeout), 10) * 1_000;
  t.true(SHUTDOWN_MS_MAX + SLACK_MS <= killMs, `${SHUTDOWN_MS_MAX}`);
  t.true(readFileSync('src/main.ts', 'utf8').includes('closeGraceMs: SERVER_GRACE_MS'));
  t.true(SERVER_GRACE_MS < CLOSE_GRACE_MS);
});

test('fly.toml checks that the machine lives and is ready', t => {
  t.like(config.checks, {
    alive: {type: 'http', port: 9091, path: '/healthz'},
    ready: {type: 'http', port: 9091, path: '/readyz'},
  });
});

test('fly.toml gives the Machine the memory of its worker at its largest and of the rest', t => {
  const {WORKER_HEAP_MIB} = config.env as Record<string, string>;
  const [{memory}] = config.vm as [{memory: string}];
  t.is(memory, '1gb');
  // 180 MiB were measured of a machine of 50 symbols and one worker at rest; a quarter is left for the system and peaks.
  t.true(Number(WORKER_HEAP_MIB) + 180 < 0.75 * 1_024);
});

test('fly.toml mounts a volume where the machine keeps its state', t => {
  t.like(config.mounts, {source: 'data', destination: '/data'});
  t.like(config.env, {DATA_DIR: '/data'});
  t.true(restsOf(last, 'ENV').includes('DATA_DIR=/data'));
});

test('Dockerfile copies only what is in the tree, and runs what the build makes', t => {
  const {scripts} = JSON.parse(readFileSync('package.json', 'utf8'));
  const copies = stages.flatMap(stage => restsOf(stage, 'COPY')).map(copyOf);
  const sources = copies.filter(({from}) => from === undefined).flatMap(copy => copy.sources);
  t.true(sources.length > 4);
  for (const source of sources) t.notThrows(() => statSync(source), source);
  const command = JSON.parse(restsOf(last, 'CMD')[0] ?? '[]');
  t.is(scripts.start, `exec ${command.join(' ')}`);
});

test('Dockerfile builds in a stage of its own, on a slim Debian with glibc 2.38 or later and a Node of the newest build', t => {
  t.is(stages.length, 2);
  for (const {image} of stages) t.regex(image, /^node:(22|24)-trixie-slim$/);
  t.deepEqual(
    restsOf(last, 'COPY')
      .map(copyOf)
      .filter(({from}) => from !== undefined)
      .map(({from}) => from),
    ['build', 'build', 'build'],
  );
});

test('Dockerfile starts the machine by an entrypoint that anyone may execute', t => {
  const [entrypoint = ''] = JSON.parse(restsOf(last, 'ENTRYPOINT')[0] ?? '[]');
  t.is(entrypoint, '/app/docker-entrypoint.sh');
  t.is(statSync('docker-entrypoint.sh').mode & 0o555, 0o555);
});
