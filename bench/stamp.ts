import {execFileSync} from 'node:child_process';
import os from 'node:os';

/** Processor, Node, commit and date of what is measured now, and whether it was cut short. */
export function stampNow(): string {
  const processor = `${os.cpus()[0]?.model.trim() ?? 'unknown processor'}, ${os.cpus().length} processors`;
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GB`;
  const rounds = process.env.BENCH_ROUNDS;
  return [
    processor,
    memory,
    `${os.platform()} ${os.arch()}`,
    `load ${os.loadavg()[0]!.toFixed(1)} before`,
    `Node ${process.version}`,
    `commit ${commit()}`,
    new Date().toISOString().slice(0, 10),
    ...(rounds === undefined ? [] : [`**cut to ${rounds} rounds**`]),
  ].join(', ');
}

/** The commit that was measured; `+` where the tree held more than it, but for what the benches themselves write. */
function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, {encoding: 'utf8'}).trim();
  try {
    const changed = git(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      ':!docs/benchmarks*',
    );
    return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}
