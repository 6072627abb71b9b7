import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import vm from 'node:vm';
import {moduleUrl, requiredUrl} from './module-url.js';

/**
 * Loads modules, and what they import, into another realm: there they have that realm's globals and no module of Node's.
 * ES modules, CommonJS and JSON, from files. Needs `--experimental-vm-modules`, which a worker can have for itself.
 */
export class RealmModules {
  readonly #context: vm.Context;
  /** ES modules by URL. */
  readonly #modules = new Map<string, vm.Module>();
  /** `module.exports` of CommonJS and JSON by URL, from before they are evaluated: they may require each other in a ring. */
  readonly #required = new Map<string, {exports: unknown}>();
  /** Make objects of the realm's. */
  readonly #newObject: () => {exports: unknown};
  readonly #parse: (json: string) => unknown;

  constructor(context: vm.Context) {
    this.#context = context;
    this.#newObject = vm.runInContext('() => ({exports: {}})', context);
    this.#parse = vm.runInContext('json => JSON.parse(json)', context);
  }

  /**
   * Evaluates a module once, and returns what it exports.
   * @throws Error whose message says what is wrong with which module.
   */
  async load(url: URL): Promise<Readonly<Record<string, unknown>>> {
    const module = this.#open(url.href);
    if (module.status === 'unlinked') {
      await module.link(async (specifier, parent) =>
        this.#open(await moduleUrl(specifier, parent.identifier)),
      );
    }
    // What the realm's own promises do is of no concern here: whether a module has come to its end is told by its status.
    module.evaluate().catch(() => {});
    if (module.status === 'errored') throw errorOf(module.error);
    return module.namespace as Readonly<Record<string, unknown>>;
  }

  #open(href: string): vm.Module {
    const known = this.#modules.get(href);
    if (known !== undefined) return known;
    const module = this.#make(href);
    this.#modules.set(href, module);
    return module;
  }

  #make(href: string): vm.Module {
    if (isJson(href)) return this.#wrap(href, []);
    const code = readModule(href);
    if (!this.#isCommonJs(href, code)) {
      return new vm.SourceTextModule(code, {context: this.#context, identifier: href});
    }
    return this.#wrap(href, namesOf(this.#require(href)));
  }

  /** Anything of use that is an ES module imports or exports, and so is no function's body. */
  #isCommonJs(href: string, code: string): boolean {
    if (/\.mjs$/.test(href)) return false;
    try {
      this.#compile(href, code);
      return true;
    } catch {
      return false;
    }
  }

  #compile(href: string, code: string) {
    const names = ['module', 'exports', 'require'];
    return vm.compileFunction(code, names, {parsingContext: this.#context, filename: href});
  }

  /**
   * What is required as an ES module sees it: `module.exports` is its default. Its members have their names too, those that
   * it really has: Node guesses them from the text, as it may not run it yet, and here nothing speaks against it.
   */
  #wrap(href: string, names: readonly string[]): vm.Module {
    const module = new vm.SyntheticModule(
      ['default', ...names],
      () => {
        const exported = this.#require(href);
        module.setExport('default', exported);
        const members = exported as Readonly<Record<string, unknown>>;
        for (const name of names) module.setExport(name, members[name]);
      },
      {context: this.#context, identifier: href},
    );
    return module;
  }

  #require(href: string): unknown {
    const known = this.#required.get(href);
    if (known !== undefined) return known.exports;
    const module = this.#newObject();
    this.#required.set(href, module);
    if (isJson(href)) {
      module.exports = this.#parse(readModule(href));
      return module.exports;
    }
    const require = (specifier: string) => this.#require(requiredUrl(String(specifier), href));
    const evaluate = this.#compile(href, readModule(href));
    try {
      evaluate(module, module.exports, require);
    } catch (error) {
      throw errorOf(error);
    }
    return module.exports;
  }
}

function isJson(href: string): boolean {
  return href.endsWith('.json');
}

/** What can be imported by name from a CommonJS module that has run. */
function namesOf(exported: unknown): string[] {
  if ((typeof exported !== 'object' && typeof exported !== 'function') || exported === null)
    return [];
  return Object.keys(exported).filter(name => name !== 'default');
}

function readModule(href: string): string {
  if (!href.startsWith('file:')) throw new Error(`Expected a file: URL, got \`${href}\``);
  return readFileSync(fileURLToPath(href), 'utf8');
}

function errorOf(thrown: unknown): Error {
  return new Error(String(thrown));
}
