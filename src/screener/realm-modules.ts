import {readFileSync} from 'node:fs';
import {createRequire, isBuiltin} from 'node:module';
import {fileURLToPath, pathToFileURL} from 'node:url';
import vm from 'node:vm';

/**
 * Loads modules, and what they import, into another realm: there they have that realm's globals and no module of Node's.
 * ES modules and CommonJS, from files. Needs `--experimental-vm-modules`, which a worker can have for itself.
 */
export class RealmModules {
  readonly #context: vm.Context;
  /** ES modules by URL. */
  readonly #modules = new Map<string, vm.Module>();
  /** `module.exports` of CommonJS modules by URL, from before they are evaluated: they may require each other in a ring. */
  readonly #commonJs = new Map<string, {exports: unknown}>();
  /** Makes an object of the realm's. */
  readonly #newObject: () => {exports: unknown};

  constructor(context: vm.Context) {
    this.#context = context;
    this.#newObject = vm.runInContext('() => ({exports: {}})', context);
  }

  /**
   * Evaluates a module once, and returns what it exports.
   * @throws Error whose message says what is wrong with which module.
   */
  async load(url: URL): Promise<Readonly<Record<string, unknown>>> {
    const module = this.#open(url.href);
    if (module.status === 'unlinked') {
      await module.link((specifier, parent) => this.#open(resolve(specifier, parent.identifier)));
    }
    // What the realm's own promises do is of no concern here: whether a module has come to its end is told by its status.
    module.evaluate().catch(() => {});
    if (module.status === 'errored') throw errorOf(module.error);
    return module.namespace as Readonly<Record<string, unknown>>;
  }

  #open(href: string): vm.Module {
    const known = this.#modules.get(href);
    if (known !== undefined) return known;
    const code = readModule(href);
    const module = this.#isCommonJs(href, code)
      ? this.#wrap(href)
      : new vm.SourceTextModule(code, {context: this.#context, identifier: href});
    this.#modules.set(href, module);
    return module;
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

  /** A CommonJS module as an ES module sees it: `module.exports` is its default. */
  #wrap(href: string): vm.Module {
    const evaluate = () => module.setExport('default', this.#require(href));
    const module = new vm.SyntheticModule(['default'], evaluate, {
      context: this.#context,
      identifier: href,
    });
    return module;
  }

  #require(href: string): unknown {
    const known = this.#commonJs.get(href);
    if (known !== undefined) return known.exports;
    const module = this.#newObject();
    this.#commonJs.set(href, module);
    const require = (specifier: string) => this.#require(resolve(String(specifier), href));
    this.#compile(href, readModule(href))(module, module.exports, require);
    return module.exports;
  }
}

function resolve(specifier: string, parent: string): string {
  if (isBuiltin(specifier)) {
    throw new Error(`Expected ${parent} to import no module of Node's, got \`${specifier}\``);
  }
  if (/^(file:|\.{1,2}\/)/.test(specifier) && !parent.endsWith('.cjs')) {
    const url = new URL(specifier, parent);
    if (/\.[cm]?js$/.test(url.pathname)) return url.href;
  }
  return pathToFileURL(createRequire(parent).resolve(specifier)).href;
}

function readModule(href: string): string {
  if (!href.startsWith('file:')) throw new Error(`Expected a file: URL, got \`${href}\``);
  return readFileSync(fileURLToPath(href), 'utf8');
}

function errorOf(thrown: unknown): Error {
  return new Error(String(thrown));
}
