import {readFileSync} from 'node:fs';

/** An instruction of a Dockerfile, its name in capitals. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** What stands between two `FROM`. */
export interface Stage {
  readonly image: string;
  /** Its name, or its number where it has none. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** A `COPY`: paths of the tree, or of another stage's image. */
export interface Copy {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

/** Reads a Dockerfile of one-line instructions, as this project's is. */
export function readDockerfile(path: string): Stage[] {
  const stages: (Omit<Stage, 'instructions'> & {instructions: Instruction[]})[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', rest = ''] = /^([A-Z]+) (.*[^\\])$/.exec(line) ?? [];
    if (name === '') throw new Error(`Expected an instruction on one line, got ${line}`);
    if (name === 'FROM') {
      const [image = '', , as] = rest.split(' ');
      stages.push({image, name: as ?? String(stages.length), instructions: []});
    } else {
      stages.at(-1)?.instructions.push({name, rest});
    }
  }
  return stages;
}

/** The rests of a stage's instructions of one name. */
export function restsOf({instructions}: Stage, name: string): string[] {
  return instructions.filter(entry => entry.name === name).map(({rest}) => rest);
}

/** Reads the rest of a `COPY`. */
export function copyOf(rest: string): Copy {
  const words = rest.split(' ');
  const [, from] = /^--from=(.*)$/.exec(words[0] ?? '') ?? [];
  const paths = from === undefined ? words : words.slice(1);
  return {from, sources: paths.slice(0, -1), target: paths.at(-1) ?? ''};
}
