// Run after `npm install` has changed package-lock.json: node .ci/complete-lock.mjs
//
// A registry mirror may lack the builds of other platforms. `npm install` then leaves those optional packages out of the
// lock without a word, and `npm ci` refuses the lock ("Missing: ... from lock file"). This puts them back: name, version
// and platform are enough for npm to skip them where they don't fit and to fetch them where they do.
import {readFileSync, writeFileSync} from 'node:fs';

const OS = [
  'android',
  'aix',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const {packages} = lock;

/** Whether the package at `from` finds `name` in the lock; of an exact range, that very version. */
function isFound(from, name, range) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const key = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    const {version} = packages[key] ?? {};
    if (version !== undefined) return /^\d/.test(range) ? version === range : true;
    if (base === '') return false;
    if (!base.includes('/node_modules/')) base = '';
  }
}

/** What npm reads off the package itself: where it fits. Names say it: `@scope/linux-x64-musl`, `cli-darwin-arm64`. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = OS.filter(word => words.includes(word));
  const cpu = CPU.filter(word => words.includes(word));
  if (os.length !== 1 || cpu.length > 1)
    throw new Error(`Expected a platform in the name, got ${name}`);
  const libc = os[0] !== 'linux' ? [] : words.includes('musl') ? ['musl'] : [];
  return {...(cpu.length > 0 && {cpu}), os, ...(libc.length > 0 && {libc})};
}

let added = 0;
for (const [from, {optionalDependencies = {}, dev}] of Object.entries(packages)) {
  if (from === '') continue;
  for (const [name, range] of Object.entries(optionalDependencies)) {
    if (isFound(from, name, range)) continue;
    const hoisted = `node_modules/${name}`;
    const key = packages[hoisted] === undefined ? hoisted : `${from}/node_modules/${name}`;
    if (packages[key] !== undefined) continue;
    packages[key] = {
      version: range.replace(/^[\^~]/, ''),
      ...platformOf(name),
      ...(dev && {dev}),
      optional: true,
    };
    added++;
  }
}

lock.packages = Object.fromEntries(
  Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
);
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} optional packages of other platforms added`);
