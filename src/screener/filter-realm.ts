import vm from 'node:vm';
import {GUARD_KEYS, guardCode} from './guard/guarded-code.js';
import type {CompiledFilter, FilterFunction, FilterRun} from './realm/filter-runner.js';
import type {RealmDrops, RealmInside, RealmSetup} from './realm/realm-setup.js';
import {RealmModules} from './realm-modules.js';
import {mayWriteRows} from './row-writes.js';
import type {Screened} from './task.js';

/** What filters see under these names; as constants too, which code in the realm reads as fast as anywhere. */
const CONSTANTS = `
  AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError Float32Array
  Float64Array Function Int16Array Int32Array Int8Array Intl JSON Map Math Number Object Promise Proxy RangeError
  ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array
  Uint8ClampedArray WeakMap WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent escape isFinite isNaN
  parseFloat parseInt unescape`
  .trim()
  .split(/\s+/);

/** Names that can't be constants of a script. */
const PLAIN = ['Infinity', 'NaN', 'eval', 'globalThis', 'undefined'];

/** For this project's code in the realm; a filter's parameters hide them from it. */
const HIDDEN = ['Atomics', 'SharedArrayBuffer'];

/** What a filter of the wild may write to; here it is heard by nobody. */
const CONSOLE_METHODS =
  'assert count debug dir error group groupEnd info log table time timeEnd trace warn';

/** Parameters of a filter, as its author knows them. */
const PARAMETERS = ['ticker', 'timeframes', 'helpers', 'hvnNodes'];

/** Options of {@link FilterRealm}. */
export interface FilterRealmOptions {
  /** The module whose functions filters get as `helpers`: a file; undefined for the built-in indicators. */
  readonly helpers: URL | undefined;
  /** Candles of which rows are kept. */
  readonly rowsCachedMax: number;
  /** Milliseconds of a clock that never steps back. */
  readonly now: () => number;
  /** Ends the thread where so many bytes more are too many for it. */
  readonly look: (bytes: number) => void;
}

/**
 * A realm of its own (a `node:vm` context) for all filters of a worker, with their candles and helpers: there is neither
 * `process` nor `require` nor network in it, no code is made of texts, and what filters share is frozen. One for all,
 * because arrays of several realms make the same code several times slower; frozen, because it is one.
 */
export class FilterRealm {
  readonly #context: vm.Context;
  readonly #inside: RealmInside;
  readonly #now: () => number;
  /** Running it runs the realm's waiting promises, to the last. */
  readonly #drain = new vm.Script('');
  /** A second wall behind the refusal of `import()`: an error of the realm's own, as one of Node's would lead to `process`. */
  readonly #refuseImport: () => never;

  private constructor(context: vm.Context, inside: RealmInside, now: () => number) {
    this.#context = context;
    this.#inside = inside;
    this.#now = now;
    this.#refuseImport = vm.runInContext(
      "() => { throw new TypeError('Expected a filter without import(), got one'); }",
      context,
    );
  }

  /** @throws Error whose message says what is wrong with the module of helpers. */
  static async create({
    helpers,
    rowsCachedMax,
    now,
    look,
  }: FilterRealmOptions): Promise<FilterRealm> {
    const context = newContext();
    const modules = new RealmModules(context);
    const {setUpRealm} = await modules.load(new URL('./realm/realm-setup.js', import.meta.url));
    const exported = helpers && (await modules.load(helpers));
    const names = vm.runInContext(JSON.stringify([...CONSTANTS, ...PLAIN]), context);
    const inside = (setUpRealm as (setup: RealmSetup) => RealmInside)({
      names,
      exported,
      rowsCachedMax,
      now,
      look,
    });
    return new FilterRealm(context, inside, now);
  }

  /**
   * Compiles the body of `(ticker, timeframes, helpers, hvnNodes)` that a user has written.
   * @throws SyntaxError where it doesn't parse, or has in it what no filter may.
   */
  compile(code: string): CompiledFilter {
    const options = {parsingContext: this.#context, importModuleDynamically: this.#refuseImport};
    const parameters = [...PARAMETERS, ...HIDDEN];
    // It has to be a function's body by itself, and what is wrong with it is told in V8's words.
    vm.compileFunction(code, parameters, options);
    const {guards, constructors} = this.#inside;
    const guarded = guardCode(code, parameters);
    const make = vm.compileFunction(
      guarded.code,
      [...guarded.parameters, ...constructors.keys()],
      options,
    );
    const given = GUARD_KEYS.map(key => guards[key]);
    const filter = make(...given, ...constructors.values()) as FilterFunction & {prototype: object};
    // A filter reaches itself by `arguments.callee`: what it left there would grow from screening to screening.
    Object.freeze(filter.prototype);
    Object.freeze(filter);
    return {
      filter,
      needsOwnRows: mayWriteRows(code),
      mayChangeLists: guarded.mayChangeLists,
      hasReturn: /\breturn\b/.test(code),
      usesTold: new Set(),
    };
  }

  /**
   * Runs a filter over all symbols, and then what promises it left behind.
   * @returns What it found, or why it could not run; `isSpoilt` where the realm holds something of it that can't be
   *   removed: take a new one.
   */
  run(run: FilterRun): {screened: Screened | {error: string}; isSpoilt: boolean} {
    this.#inside.begin();
    const screened = this.#screened(run);
    const start = this.#now();
    // After a failure as well: what is left would run in the next trader's time.
    this.#drain.runInContext(this.#context);
    const drainMs = this.#now() - start;
    const isSpoilt = !this.#inside.wipe();
    if ('error' in screened) return {screened, isSpoilt};
    const executionTimeMs = screened.executionTimeMs + drainMs;
    return {screened: {...screened, executionTimeMs}, isSpoilt};
  }

  #screened(run: FilterRun): Screened | {error: string} {
    try {
      return this.#inside.runner.run(run);
    } catch (error) {
      return {error: String((error as Error).message)};
    }
  }

  /** What was dropped at a limit since the last call. */
  takeDrops(): RealmDrops {
    return this.#inside.takeDrops();
  }
}

function newContext(): vm.Context {
  const context = vm.createContext(Object.create(null), {
    codeGeneration: {strings: false, wasm: false},
    // Promises of a filter run when the drain is run, in its trader's own time, and not amid another's.
    microtaskMode: 'afterEvaluate',
  });
  const methods = `'${CONSOLE_METHODS}'.split(' ').map(name => [name, () => {}])`;
  vm.runInContext(
    `const {${[...CONSTANTS, ...HIDDEN].join(', ')}} = globalThis;
    const console = Object.fromEntries(${methods});`,
    context,
  );
  return context;
}
