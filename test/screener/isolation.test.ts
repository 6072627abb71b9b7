import test, {type ExecutionContext} from 'ava';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

/** Far beyond what a test takes. */
const TIMEOUT_MS_UNREACHED = 60_000;

/** Says whether all is as it was made, from what a filter finds in the realm that it shares with others. */
const WITNESS = `
  const k = timeframes['5m'];
  const marks = [];
  const spoilt = (name, isSpoilt) => { if (isSpoilt) marks.push(name); };
  for (const name of ['spy', 'leak', 'late', 'hoard']) spoilt(name, name in globalThis || name in {} || name in []);
  spoilt('candles', k.length !== 3 || k[0][4] !== '1' || ticker.c !== '100' || ticker.nested?.list?.length === 0);
  spoilt('map', k.map(row => parseFloat(row[4])).join() !== '1,2,3');
  spoilt('parse', parseFloat('2.5') !== 2.5 || Number.parseFloat('2.5') !== 2.5 || Math.max(1, 2) !== 2);
  spoilt('json', JSON.stringify(JSON.parse('[1]')) !== '[1]');
  spoilt('helpers', helpers.calculateSMA([1, 2, 3], 3) !== 2 || 'spy' in helpers || 'spy' in helpers.calculateSMA);
  spoilt('iteration', [...k].length !== 3 || Object.keys({a: 1}).join() !== 'a' || [...new Map([[1, 2]])].length !== 1);
  spoilt('error', String(new TypeError('x')) !== 'TypeError: x');
  spoilt('nodes', hvnNodes.length !== 0);
  spoilt('regexp', 'input' in RegExp || '$1' in RegExp || RegExp('a').exec('a')[0] !== 'a');
  return {match: marks.length === 0, conditions: ['clean']};
`;

/** Screens both in one worker, the hostile filter first, and checks that the witness sees nothing of it. */
async function witness(t: ExecutionContext, code: string): Promise<string | undefined> {
  const {screen, store} = await startMachine(t, 1, {taskTimeoutMs: TIMEOUT_MS_UNREACHED});
  fillStore(store, ['AUSDT']);
  store.recordTicker({s: 'AUSDT', P: '1', c: '100', q: '1', nested: {list: [1]}});
  let said: string | undefined;
  for (let round = 0; round < 2; round++) {
    const results = await screen([traderOf('hostile', code), traderOf('witness', WITNESS)]);
    const {matches = [], continuingMatches = 0, throws, error} = results.get('witness') ?? {};
    t.deepEqual([throws, error], [undefined, undefined]);
    t.is(matches.length + continuingMatches, 1, `round ${round}`);
    const hostile = results.get('hostile');
    t.is(hostile?.error, undefined);
    said ??= hostile?.matches[0]?.matchedConditions[0] ?? hostile?.throws?.firstMessage;
  }
  return said;
}

/** By what the filter spoils. In strict code most of it throws; in sloppy code it does nothing. */
const SPOILERS: Readonly<Record<string, string>> = {
  'its candles': `const k = timeframes['5m']; for (const row of k) row[4] = 'spoilt'; k.length = 1; k.reverse();`,
  'its ticker': `ticker.c = '0'; ticker.nested.list.length = 0; ticker.nested.list.push('spoilt');`,
  'prototypes of candles': `const k = timeframes['5m']; const p = Object.getPrototypeOf(k); p.map = () => []; p.spy = 1;
    Object.getPrototypeOf(p).spy = 1; k.__proto__[Symbol.iterator] = null;`,
  'prototypes by name': `Array.prototype.map = () => []; Object.prototype.leak = 1; Map.prototype[Symbol.iterator] = null;
    Function.prototype.call = null; String.prototype.split = null; Error.prototype.toString = null; Promise.prototype.then = null;`,
  'prototypes by definition': `for (const {prototype} of [Array, Object, Map, Function]) Reflect.defineProperty(prototype, 'leak', {value: 1});`,
  'prototypes of iterators': `Object.getPrototypeOf([][Symbol.iterator]()).next = null;
    Object.getPrototypeOf(new Map()[Symbol.iterator]()).next = null;`,
  'what names an error': `Object.getPrototypeOf(new TypeError()).name = 'spoilt'; TypeError.prototype.name = 'spoilt';`,
  'global names': `parseFloat = () => 0; Math = {}; JSON = null;`,
  'properties of the global object': `globalThis.parseFloat = () => 0; this.Math = {}; globalThis.leak = 1; delete globalThis.Map;`,
  'a name that it never declared': `leak = 5; spy = timeframes; if (typeof leak !== 'number') throw 1;`,
  'the global object, for good': `Object.defineProperty(globalThis, 'leak', {value: 1}); if (leak !== 1) throw 1;`,
  "the global object's prototype": `Object.setPrototypeOf(globalThis, {leak: 1, spy: 1});`,
  'what the global object inherits': `Object.getPrototypeOf(globalThis).leak = 1; globalThis.__proto__.spy = 1;`,
  'functions of Math and JSON': `Math.max = () => 0; JSON.parse = null; Number.parseFloat = null; Object.keys = null;`,
  'the helpers': `helpers.calculateSMA = () => 0; helpers.spy = 1; helpers.calculateSMA.spy = 1; delete helpers.calculateSMA;`,
  'the nodes': `hvnNodes.push({price: 1});`,
  'the last match of a RegExp': `RegExp.input = 'spoilt'; /(a)/.exec('a'); if (RegExp.$1 !== undefined) throw 1;`,
  'how a stack is written': `Error.prepareStackTrace = () => 'spoilt'; Error.stackTraceLimit = 1e6;`,
  'all that comes later': `Promise.resolve().then(() => { late = 1; globalThis.leak = 1; throw new Error('late'); });
    (async () => { await 1; await 1; leak = 1; Object.prototype.late = 1; })();`,
  'its own function': `const own = arguments.callee; own.hoard = [1]; own.prototype.hoard = 1;
    if (own.hoard !== undefined || own.prototype.hoard !== undefined) throw 1;`,
  'the species of lists': `timeframes['5m'].constructor[Symbol.species] = null; Array[Symbol.species] = null;`,
};
for (const [what, code] of Object.entries(SPOILERS)) {
  for (const mode of ['', "'use strict'; "]) {
    test(`a filter that spoils ${what} reaches no other trader${mode && ', in strict code either'}`, async t => {
      await witness(t, `${mode}${code}\nreturn {match: true, conditions: ['done']};`);
    });
  }
}

/** What a filter must not get hold of: code that returns a text, the one expected. */
const OUT_OF_REACH: Readonly<Record<string, readonly [code: string, said: RegExp]>> = {
  'Node and the network by name': [
    `return say(['process', 'require', 'module', 'fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource', 'Buffer', 'global',
      'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'structuredClone', 'MessageChannel', 'MessagePort',
      'BroadcastChannel', 'Worker', 'navigator', 'performance', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef',
      'FinalizationRegistry', 'piscina', 'postMessage', 'importScripts', 'gc']
      .filter(name => name in globalThis || name in this).join() + typeof process + typeof Atomics + typeof SharedArrayBuffer);`,
    /^undefinedundefinedundefined$/,
  ],
  'eval()': [`return say(eval('1'));`, /^EvalError: Code generation from strings disallowed/],
  "a function's constructor": [`return say([].map.constructor('return this')());`, /^EvalError/],
  "an async function's constructor": [
    `return say((async () => {}).constructor('return 1')());`,
    /^EvalError/,
  ],
  "a generator's constructor": [
    `return say((function* () {}).constructor('yield 1')().next());`,
    /^EvalError/,
  ],
  "an async generator's constructor": [
    `return say((async function* () {}).constructor('yield 1'));`,
    /^EvalError/,
  ],
  "a helper's constructor": [
    `return say(helpers.calculateSMA.constructor('return process')());`,
    /^EvalError/,
  ],
  "a candle's constructor": [
    `return say(timeframes['5m'][0].constructor.constructor('return process')());`,
    /^EvalError/,
  ],
  "a ticker's constructor": [
    `return say(ticker.constructor.constructor('return process')());`,
    /^EvalError/,
  ],
  "the timeframes' constructor": [
    `return say(timeframes.constructor.constructor('return 1')());`,
    /^EvalError/,
  ],
  "a helper's error": [
    `try { helpers.calculateMA(null, 5); } catch (error) { return say(error.constructor.constructor('return 1')()); }
    return say('no error');`,
    /^(EvalError|no error)/,
  ],
  "the stack's overflow": [
    `let error; (function f() { try { f(); } catch (e) { error ??= e; } })();
    return say(error.constructor.constructor('return process')());`,
    /^EvalError/,
  ],
  "a stack's overflow within a helper": [
    `let error; (function f() { try { f(); helpers.getLatestRSI(timeframes['5m'], 2); } catch (e) { error = e; } })();
    return say(error instanceof RangeError && error.constructor.constructor('return process')());`,
    /^EvalError/,
  ],
  'the callers': [
    `return say(String(arguments.callee.caller) + String((function f() { return f.caller.caller; })()));`,
    /^nullnull$/,
  ],
  'the frames of a stack': [
    `Error.prepareStackTrace = (_, frames) => frames; globalThis.Error = {prepareStackTrace: (_, frames) => frames};
    return say(String(new Error('x').stack) + typeof Error.captureStackTrace);`,
    /^undefinedundefined$/,
  ],
  "an error of Node's from writing a stack": [
    `const error = new Error('x'); error.name = Symbol();
    try { return say(String(error.stack)); } catch (e) { return say(e.constructor.constructor('return process')()); }`,
    /^undefined$/,
  ],
  'the constructors that the global object inherits': [
    `const p = Object.getPrototypeOf(globalThis); return say(p.constructor.constructor('return process')());`,
    /^EvalError/,
  ],
};
const SAY = 'const say = text => ({match: true, conditions: [text]});';
for (const [what, [code, said]] of Object.entries(OUT_OF_REACH)) {
  test(`a filter can't get hold of ${what}`, async t => {
    t.regex((await witness(t, `${SAY} ${code}`)) ?? '', said);
  });
}

const NO_IMPORT = 'Filter does not parse: SyntaxError: Expected a filter without import(), got one';
const REFUSED: Readonly<Record<string, string>> = {
  "import('node:fs'); return true;": NO_IMPORT,
  "const late = () => { class A { static x = [import('x')]; } };": NO_IMPORT,
  'return import.meta;':
    "Filter does not parse: SyntaxError: Cannot use 'import.meta' outside a module",
  'with (ticker) return c;':
    'Filter does not parse: SyntaxError: Expected a filter without `with`, got one',
};
for (const [code, error] of Object.entries(REFUSED)) {
  test(`a filter is refused what would lead it out: ${code}`, async t => {
    const {screen, store} = await startMachine(t, 1);
    fillStore(store, ['AUSDT']);
    const results = await screen([traderOf('t', code), traderOf('honest', 'return true;')]);
    t.is(results.get('t')?.error, error);
    t.is(results.get('honest')?.matches.length, 1);
  });
}

test('a filter may have the word `import` in a comment, in a text and for a name', async t => {
  const {screen, store} = await startMachine(t, 1);
  fillStore(store, ['AUSDT']);
  const code = "return {import: 'import'}.import === 'import'; // Of no import.";
  t.is((await screen([traderOf('t', code)])).get('t')?.matches.length, 1);
});

test('a filter can write the word in no other way', async t => {
  const {screen, store} = await startMachine(t, 1);
  fillStore(store, ['AUSDT']);
  const codes = ["\\u0069mport('x'); return true;", "im\\u{70}ort('x'); return true;"];
  for (const code of codes) {
    t.regex((await screen([traderOf('t', code)])).get('t')?.error ?? '', /does not parse/);
  }
});

test("a filter forges no other trader's result by an import() where the stack ends", async t => {
  const {screen, store} = await startMachine(t, 1);
  fillStore(store, ['AUSDT']);
  const code = `const promises = []; let budget = 400;
    function dive() { try { dive(); } catch {} if (budget-- > 0) promises.push(import('x')); }
    dive();
    for (const p of promises) p.catch(e => {
      if (e instanceof Error) return;
      let root = e; while (Object.getPrototypeOf(root) !== null) root = Object.getPrototypeOf(root);
      const H = root.constructor;
      const hostArray = H.getPrototypeOf(H.getOwnPropertyNames(root));
      const {push} = hostArray;
      hostArray.push = function (...a) { if (a.length === 4) a[2] = 12345; return push.apply(this, a); };
    });
    return true;`;
  for (let round = 0; round < 2; round++) {
    const results = await screen([traderOf('forger', code), traderOf('honest', 'return true;')]);
    t.not(results.get('honest')?.executionTime, 12345);
    t.is(results.get('honest')?.error, undefined);
  }
});

test('a promise that a filter leaves behind runs in its own time, and is ended with it', async t => {
  const {screen, store} = await startMachine(t, 1, {taskTimeoutMs: 4_000});
  fillStore(store, ['AUSDT']);
  const code = 'const again = () => { Promise.resolve().then(again); }; again(); return true;';
  const results = await screen([traderOf('later', code), traderOf('honest', 'return true;')]);
  t.is(results.get('later')?.error, 'Screening took longer than 4000 ms');
  t.is(results.get('honest')?.matches.length, 1);
});

/** By what an honest filter uses: it must go on working, in a realm whose prototypes are frozen. */
const HONEST: Readonly<Record<string, string>> = {
  'spread, destructuring, reduce':
    "const k = [...timeframes['5m']]; const [[, open], ...rest] = k; const {length} = rest; return k.reduce((a, r) => a + parseFloat(r[4]), 0) === 6 && open === '1' && length === 2;",
  'sort, reverse, pop and push of its list':
    "const k = timeframes['5m']; k.reverse(); k.sort((a, b) => a[0] - b[0]); k.push(k.pop()); return k.at(-1)[4] === '3';",
  'Map, Set, JSON, Date, Intl':
    "return new Map([[1, 2]]).get(1) + new Set([1]).size === 3 && JSON.parse('[1]')[0] === 1 && new Date(0).toISOString().startsWith('1970') && new Intl.NumberFormat('en').format(1) === '1';",
  'typed arrays':
    "return new Float64Array(timeframes['5m'].map(r => +r[4])).reduce((a, b) => a + b) === 6;",
  'classes with an error of their own':
    "class Odd extends Error { constructor(m) { super(m); this.name = 'Odd'; } } try { throw new Odd('x'); } catch (e) { return String(e) === 'Odd: x'; }",
  'a toString of its own':
    "const o = {}; o.toString = () => 'x'; o.valueOf = () => 4; return String(o) + (o + 1) === 'x5';",
  'the console': "console.log('x'); console.warn('x', 1); console.table([]); return true;",
  'a name that it never declared':
    "for (i = 0, sum = 0; i < 3; i++) sum += +timeframes['5m'][i][4]; return sum === 6;",
  'names of globals for its own':
    "const parseFloat = Number, Map = 1; let Math = 2; return parseFloat('1') + Map + Math === 4;",
  'regular expressions':
    "return 'AUSDT'.replace(/usdt$/i, '') === 'A' && /(?<b>A)/.exec(ticker.s).groups.b === 'A';",
  generators: 'function* g() { yield 1; yield 2; } return [...g()].length === 2;',
  'strict code': "'use strict'; const x = {a: {b: 1}}; return x?.a?.b === 1 && this === undefined;",
};
for (const [what, code] of Object.entries(HONEST)) {
  test(`an honest filter may use ${what}`, async t => {
    const {screen, store} = await startMachine(t, 1);
    fillStore(store, ['AUSDT']);
    const result = (await screen([traderOf('t', code)])).get('t');
    t.deepEqual([result?.error, result?.throws], [undefined, undefined]);
    t.is(result?.matches.length, 1);
  });
}
