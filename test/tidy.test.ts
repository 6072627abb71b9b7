import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {posix} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Which part of src/ may import which; an edge ending in `(types)` is for `import type` alone. A part is a folder, or a
 * file beside the folders. Nothing imports main; whatever isn't listed here isn't allowed.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  metrics: [],
  channel: ['metrics'],
  // The one importer of prom-client.
  'prom-client': [],
  // What a registry of prom-client holds, written into a ledger: used on either side.
  bridge: ['channel', 'metrics', 'prom-client (types)'],
  hub: ['bridge', 'channel', 'metrics', 'prom-client'],
  http: ['hub', 'metrics', 'web-socket'],
  market: ['hub', 'channel', 'metrics', 'backoff', 'rate-window', 'web-socket'],
  // The one importer of ws.
  'web-socket': [],
  // What runs in a worker knows the shape of candles and nothing that moves them.
  screener: [
    'market/kline',
    'market/kline-layout',
    'market/verbatim-rows',
    'metrics',
    'channel (types)',
  ],
  // The pool hands tasks and market to the screener's side.
  pool: ['hub', 'channel', 'metrics', 'screener', 'market', 'signals/analyser', 'signals (types)'],
  // The built-in analyser runs in a worker: it reads candles as the screener does.
  signals: ['backoff', 'rate-window', 'metrics', 'market/kline', 'market/kline-layout', 'screener'],
  sync: ['hub', 'channel', 'metrics', 'signals', 'backoff'],
  dashboards: ['hub', 'channel', 'metrics'],
  // The public API of either side.
  index: ['http', 'pool', 'hub', 'channel', 'metrics', 'market', 'screener (types)'],
  worker: ['bridge', 'channel', 'metrics', 'prom-client'],
  // The machine's own edge: what it is told, what it tells.
  log: [],
  backoff: [],
  'rate-window': [],
  // The limits that a flag checks are those of the part that it sets.
  config: [
    'log',
    'http/token',
    'pool/pool-options',
    'pool/worker-count',
    'market/kline',
    'signals',
    'sync/synchronous',
  ],
  schemas: ['log', 'market/kline', 'screener', 'signals'],
  'traders-file': ['log', 'schemas', 'screener'],
  orchestrator: ['pool', 'market', 'screener', 'metrics', 'signals', 'trader-troubles'],
  'trader-troubles': ['screener'],
  analysis: ['config', 'metrics', 'pool', 'schemas', 'signals'],
  'trader-source': ['log', 'schemas', 'screener', 'sync (types)', 'traders-file'],
  // What outlives the process, put together.
  'machine-state': ['config', 'metrics', 'screener', 'signals', 'sync', 'trader-source'],
  // Where the market comes from: the machine's feeds and its replay.
  'feed-events': ['market (types)', 'sync (types)'],
  'market-source': [
    'config',
    'feed-events',
    'hub',
    'log',
    'machine-state (types)',
    'market',
    'metrics',
    'orchestrator',
    'rate-window',
    'tally-text',
  ],
  'tally-text': ['orchestrator'],
  // How long the parts of the machine may take to stop, added up.
  shutdown: ['analysis', 'machine-state', 'pool', 'sync'],
  main: [
    'analysis',
    'config',
    'dashboards',
    'http',
    'hub',
    'log',
    'machine-state',
    'market',
    'market-source',
    'metrics',
    'orchestrator',
    'pool',
    'schemas',
    'screener',
    'shutdown',
    'signals',
    'sync',
    'tally-text',
  ],
  'workers/screener': ['screener', 'worker', 'metrics'],
  'workers/analyst': ['signals'],
};

/** Beyond it a file is split by the state that it owns. */
const SOURCE_LINES_MAX = 350;

interface Import {
  readonly file: string;
  readonly from: string;
  readonly isTypes: boolean;
}

const trackedFiles = listFiles();
const sourceFiles = trackedFiles.filter(file => /^(src|workers)\/.*\.ts$/.test(file));
const imports = sourceFiles.flatMap(importsOf);

/** The tracked files; where there is no git or no checkout, all that stands beside what is built or installed. */
function listFiles(): string[] {
  try {
    const options = {cwd: ROOT, encoding: 'utf8' as const, stdio: 'pipe' as const};
    return execFileSync('git', ['ls-files', '-z'], options).split('\0').filter(Boolean);
  } catch {
    return listFolder('.');
  }
}

function listFolder(folder: string): string[] {
  return readdirSync(posix.join(ROOT, folder), {withFileTypes: true})
    .filter(({name}) => !['node_modules', 'dist', '.git', '.work'].includes(name))
    .flatMap(entry => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? listFolder(path) : [path];
    });
}

function read(file: string): string {
  return readFileSync(posix.join(ROOT, file), 'utf8');
}

/** A file's text without comments, and without what stands in quotes. */
function codeOf(file: string): string {
  return read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
    .replace(/'[^'\n]*'/g, "''")
    .replace(/`[^`$]*`/g, '``');
}

function importsOf(file: string): Import[] {
  const text = read(file);
  const statements = text.matchAll(
    /^(?:import|export) (?:(?<what>(?:type )?(?:\* as \w+|\*|\w+|\{[^}]*\})) from )?'(?<from>[^']+)'/gm,
  );
  const calls = text.matchAll(/\b(?:import|require)\((?<what>)'(?<from>[^']+)'\)/g);
  return [...statements, ...calls].map(({groups}) => {
    return {
      file,
      from: groups?.from ?? '',
      isTypes: groups?.what?.startsWith('type ') ?? false,
    };
  });
}

/** A file's part: `src/http/uws.ts` is of `http`, `src/log.ts` is `log`. */
function partOf(file: string): string {
  const path = file.replace(/^src\//, '').replace(/\.[jt]s$/, '');
  return path.startsWith('workers/') ? path : (path.split('/')[0] ?? '');
}

function isAllowed({file, from, isTypes}: Import): boolean {
  const target = posix
    .join(posix.dirname(file), from)
    .replace(/^src\//, '')
    .replace(/\.js$/, '');
  const own = partOf(file);
  const other = partOf(target);
  return (
    own === other ||
    (ALLOWED[own] ?? []).some(edge => {
      const [path, types] = edge.split(' ');
      return (path === other || path === target) && (types === undefined || isTypes);
    })
  );
}

function isLocal({from}: Import): boolean {
  return from.startsWith('.');
}

/** Lines of tracked text files that match, as `file:line`. */
function linesMatching(pattern: RegExp, files = trackedFiles): string[] {
  return files.flatMap(file =>
    read(file)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}`] : [])),
  );
}

test('imports are found at all', t => {
  t.true(sourceFiles.length > 20);
  t.true(imports.some(({from, isTypes}) => from === './totals.js' && isTypes));
  t.true(imports.some(({from}) => from === 'uWebSockets.js-glibc2.27'));
  t.true(imports.some(({from, isTypes}) => from === '../metrics/delta.js' && !isTypes));
});

test('dependencies point one way', t => {
  const wrong = imports.filter(entry => isLocal(entry) && !isAllowed(entry));
  t.deepEqual(
    wrong.map(({file, from}) => `${file} imports ${from}`),
    [],
  );
});

test('every part of src/ stands in the table of edges', t => {
  const parts = new Set(sourceFiles.map(partOf));
  t.deepEqual(
    [...parts].filter(part => !(part in ALLOWED)),
    [],
  );
});

test('nothing imports main', t => {
  t.deepEqual(
    imports.filter(({from}) => /\/main\.js$/.test(from)),
    [],
  );
});

test('metrics/ uses no Node API, no clock and no thread', t => {
  const files = sourceFiles.filter(file => partOf(file) === 'metrics');
  t.deepEqual(
    imports.filter(({file, from}) => files.includes(file) && !from.startsWith('.')),
    [],
  );
  const impure =
    /\b(process|Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask|Buffer|globalThis|Atomics|console|fetch|Math\.random)\b/;
  t.deepEqual(
    files.filter(file => impure.test(codeOf(file))),
    [],
  );
});

test('each third-party package is imported by one file', t => {
  const importers = new Map<string, Set<string>>();
  for (const entry of imports) {
    if (isLocal(entry) || entry.from.startsWith('node:')) continue;
    importers.set(entry.from, (importers.get(entry.from) ?? new Set()).add(entry.file));
  }
  t.true(importers.has('piscina'));
  for (const [name, files] of importers) t.is(files.size, 1, `${name}: ${[...files].join(', ')}`);
});

test('Node modules are imported by their node: names', t => {
  const {dependencies, optionalDependencies} = JSON.parse(read('package.json'));
  const known = Object.keys({...dependencies, ...optionalDependencies});
  const unknown = imports.filter(
    entry =>
      !isLocal(entry) &&
      !entry.from.startsWith('node:') &&
      !known.includes(entry.from) &&
      // It writes files of this repository, and is left out of the package.
      !entry.file.startsWith('src/dashboards/write/'),
  );
  t.deepEqual(unknown, []);
});

test('the top level holds what the design names, and what a repository needs', t => {
  const top = new Set(trackedFiles.map(file => file.split('/')[0]));
  const design = ['package.json', 'tsconfig.json', 'src', 'workers', 'bench', 'test', 'fly.toml'];
  const repository = [
    ...['.ci', '.dockerignore', '.gitattributes', '.gitignore', 'biome.json', 'package-lock.json'],
    ...['CHANGELOG.md', 'LICENSE', 'README.md', 'docs'],
    // What fly.toml builds, and what is loaded into Grafana and Prometheus.
    ...['Dockerfile', 'docker-entrypoint.sh', 'grafana'],
  ];
  t.deepEqual(
    [...top].filter(name => !design.includes(name ?? '')).sort(),
    repository.filter(name => top.has(name)).sort(),
  );
});

test('no file is named after nothing', t => {
  const vague = /(^|\/)(utils?|helpers?|common|misc|shared)(\.[^/]+)?(\/|$)/;
  t.deepEqual(
    trackedFiles.filter(file => vague.test(file)),
    [],
  );
});

test('files are kebab-case', t => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|d))?\.ts$/;
  t.deepEqual(
    trackedFiles.filter(file => file.endsWith('.ts') && !kebab.test(posix.basename(file))),
    [],
  );
});

test('no source file is too long to read', t => {
  t.deepEqual(
    sourceFiles.filter(file => read(file).split('\n').length > SOURCE_LINES_MAX),
    [],
  );
});

test('no test runs alone', t => {
  const tests = trackedFiles.filter(file => file.startsWith('test/'));
  t.deepEqual(linesMatching(/\btest(\.serial)?\.only\(/, tests), []);
});

test('no tracked file names a path of the machine it was written on', t => {
  t.deepEqual(linesMatching(/(^|[\s'"`(=:])(\/(work|home|root|Users)\/|[A-Z]:\\Users\\)/), []);
});

test('no tracked file names a package registry', t => {
  const lock = JSON.parse(read('package-lock.json'));
  const packages = Object.values(lock.packages as Record<string, {resolved?: string}>);
  t.deepEqual(
    packages.filter(entry => entry.resolved !== undefined),
    [],
  );
  t.deepEqual(linesMatching(/\bregistry\s*=\s*\S*:\/\/|\bregistry\.\w+\.\w+\/|_auth[T]oken/), []);
});
