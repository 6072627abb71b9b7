import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {curvePictureOf} from './curve-picture.js';
import {growthMarkdown} from './growth-table.js';
import {ROUNDS} from './measure.js';
import {pictureOf} from './picture.js';
import {isGrowth, type SuiteTable} from './suites.js';
import {markdownOf} from './table.js';

// From dist/bench/.
const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

/** What a suite said, and when and where. */
export interface Section {
  readonly title: string;
  /** One line: processor, Node, commit and date. */
  readonly stamp: string;
  readonly seconds: number;
  /** None where it failed. */
  readonly tables: readonly SuiteTable[];
  /** Why there are no figures. */
  readonly failure?: string;
}

/**
 * docs/benchmarks.md, a picture of each table beside it, and each section once more as JSON: the document is written anew
 * from these after each suite, so a run that is cut off leaves what it has, and a single suite can be renewed.
 */
export class Report {
  readonly #folder: string;
  readonly #file: string;
  /** Names of all suites, in the order of the document. */
  readonly #names: readonly string[];

  /** @param folder - where the document goes. Default: docs/ of this project. */
  constructor(names: readonly string[], folder = DOCS) {
    this.#names = names;
    this.#file = `${folder}benchmarks.md`;
    this.#folder = `${folder}benchmarks/`;
  }

  /** Puts a suite's section in the place of the one before, with its pictures. */
  async renew(name: string, section: Section): Promise<void> {
    await mkdir(this.#folder, {recursive: true});
    const before = (await this.#read(name))?.tables ?? [];
    await Promise.all(before.map(({id}) => rm(`${this.#folder}${id}.svg`, {force: true})));
    for (const table of section.tables) {
      await writeFile(`${this.#folder}${table.id}.svg`, pictureOfTable(table));
    }
    await writeFile(this.#pathOf(name), `${JSON.stringify(section, undefined, 1)}\n`);
    await writeFile(this.#file, reportOf(await this.#sections()));
  }

  async #sections(): Promise<Section[]> {
    const sections = await Promise.all(this.#names.map(name => this.#read(name)));
    return sections.filter(section => section !== undefined);
  }

  async #read(name: string): Promise<Section | undefined> {
    const text = await readFile(this.#pathOf(name), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as Section);
  }

  #pathOf(name: string): string {
    return `${this.#folder}${name}.json`;
  }
}

function reportOf(sections: readonly Section[]): string {
  const goals = sections.flatMap(({tables}) => tables.flatMap(table => table.goals));
  const met = goals.filter(({isMet}) => isMet).length;
  const seconds = sections.reduce((sum, section) => sum + section.seconds, 0);
  const head = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; [bench/README.md](../bench/README.md) says what each measures and how it is kept fair. Medians',
    `of ${ROUNDS} interleaved rounds where nothing else is said, and the lowest and highest of them. Ratios travel, absolute`,
    'figures do not: compare only within a table.',
    '',
    `- ${met} of ${goals.length} goals met`,
    `- All suites together took ${minutes(seconds)}`,
    ...sections
      .filter(({failure}) => failure !== undefined)
      .map(({title}) => `- **Failed**: ${title}`),
    '',
  ];
  return [...head, ...sections.flatMap(sectionLines)].join('\n');
}

function sectionLines({title, stamp, seconds, tables, failure}: Section): string[] {
  return [
    `## ${title}`,
    '',
    `${stamp}; took ${minutes(seconds)}.`,
    '',
    ...(failure === undefined ? [] : [`**Failed**: ${failure}`, '']),
    ...tables.map(table => (isGrowth(table) ? growthMarkdown(table) : markdownOf(table))),
  ];
}

function pictureOfTable(table: SuiteTable): string {
  return isGrowth(table) ? curvePictureOf(table) : pictureOf(table);
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} minutes`;
}
