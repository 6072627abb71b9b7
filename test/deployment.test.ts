import {readFileSync} from 'node:fs';
import test from 'ava';
import {parse} from 'smol-toml';

test('fly.toml tells Fly where the metrics stand and how to stop the machine', t => {
  const config = parse(readFileSync('fly.toml', 'utf8'));
  t.deepEqual(config.metrics, {port: 9091, path: '/metrics'});
  t.is(config.kill_signal, 'SIGINT');
  t.like(config.checks, {alive: {type: 'http', port: 9091, path: '/healthz'}});
  t.like(config.env, {METRICS_PORT: '9091'});
});

test('Dockerfile copies only what is in the tree, and runs what the build makes', t => {
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');
  const {scripts} = JSON.parse(readFileSync('package.json', 'utf8'));
  const sources = lines
    .filter(line => line.startsWith('COPY') && !line.includes('--from'))
    .flatMap(line => line.split(' ').slice(1, -1));
  for (const source of sources) t.notThrows(() => readFileSyncOrFolder(source), source);
  t.true(lines.some(line => /^FROM node:\d+-\w+-slim/.test(line)));
  const command = JSON.parse(lines.find(line => line.startsWith('CMD'))?.slice(4) ?? '[]');
  t.is(scripts.start, `exec ${command.join(' ')}`);
});

function readFileSyncOrFolder(path: string): void {
  try {
    readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
  }
}
