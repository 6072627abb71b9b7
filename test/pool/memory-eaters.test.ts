import test, {type ExecutionContext} from 'ava';
import {sampleKey} from '../support/exposition.js';
import {fillStore, startMachine, traderOf} from '../support/machine.js';

/** Far beyond what a test takes. */
const TIMEOUT_MS_UNREACHED = 60_000;

/** MiB of the workers' memory: little, so that it is soon eaten. */
const HEAP_MB = 64;

const OUT_OF_MEMORY = `Screening took more than ${HEAP_MB} MiB of memory (out_of_memory)`;

/** Stands behind each of them in the same worker; adds up the closes. */
const HONEST = traderOf(
  'honest',
  `const closes = timeframes['5m'].map(k => parseFloat(k[4]));
   return {match: closes.reduce((a, b) => a + b, 0) === 6, conditions: ['six']};`,
);

/** By what it does: a filter that takes memory without end. */
const EATERS: Readonly<Record<string, string>> = {
  'pushes to a list': 'const list = []; for (;;) list.push(1);',
  'stores to a list by index': 'const list = []; for (let i = 0; ; i++) list[i] = i;',
  'adds to a Set': 'const set = new Set(); for (let i = 0; ; i++) set.add(i);',
  'adds to a Map': 'const map = new Map(); for (let i = 0; ; i++) map.set(i, i);',
  'adds keys to an object': "const o = {}; for (let i = 0; ; i++) o['k' + i] = i;",
  'doubles a list by concat()': 'let a = [1]; for (;;) a = a.concat(a);',
  'doubles a list by concat() of many':
    'let a = [1]; for (;;) a = a.concat(a, a, a, a, a, a, a, a, a);',
  'doubles a list by spread': 'let a = [1]; for (;;) a = [...a, ...a];',
  'spreads a list into push()':
    'const a = [1, 2]; const all = []; for (;;) { a.push(...a.slice(0, 9999)); all.push([...a]); }',
  'doubles an object by spread':
    'let o = {}; const all = []; for (let i = 0; ; i++) { o = {...o, [i]: i}; all.push(o); }',
  'adds to a text and looks into it':
    "let s = 'x'; const all = []; for (let i = 0; ; i++) { s += s.length < 1e5 ? s : i; all.push(s + i); s.charCodeAt(9); }",
  'doubles a text': "let s = 'x'; for (;;) { s += s; s.charCodeAt(1); }",
  'doubles a text of a member': "const o = {s: 'x'}; for (;;) { o.s += o.s; o.s.charCodeAt(1); }",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the filter's.
  'doubles a text by a template': "let s = 'x'; for (;;) { s = `${s}${s}`; s.charCodeAt(1); }",
  'makes texts first and looks into them then':
    "const all = []; const s = 'x'.repeat(1e5); for (let i = 0; i < 5000; i++) all.push(s + i); for (const t of all) t.charCodeAt(0); return all.length > 1e9;",
  'joins lists':
    "let s = 'x'; const all = []; for (;;) { s = Array(20).fill(s).join(); all.push(s); if (s.length > 1e6) s = 'x' + all.length; }",
  'keeps large lists': 'const all = []; for (;;) all.push(new Array(2e7).fill(0));',
  'keeps lists made by Array()': 'const all = []; for (;;) all.push(Array(1e6));',
  'keeps lists by their constructor': 'const all = []; for (;;) all.push([].constructor(2e7));',
  'makes lists longer by their length':
    'const all = []; for (;;) { const a = []; a.length = 2e7; all.push(a); }',
  'keeps copies':
    'const a = Array.from({length: 1e5}, (_, i) => i); const all = []; for (;;) all.push(a.slice());',
  'flattens lists': 'let a = [1]; for (;;) a = [a, a, a, a].flat();',
  'recurses and keeps':
    'const all = []; const f = n => { all.push([n]); return n > 0 ? f(n - 1) + f(n - 1) : 0; }; return f(40) > 0;',
  'spreads a generator': 'function* g() { for (;;) yield [1]; } return [...g()].length > 0;',
  'makes a list of a generator':
    'function* g() { for (let i = 0; ; i++) yield i; } return Array.from(g()).length > 0;',
  'makes a list of a length that is only told':
    'return Array.from({length: 4e9}, () => 1).length > 0;',
  'makes a typed array of an iterator without end':
    'const one = {value: 1, done: false}; return Float64Array.from({[Symbol.iterator]: () => ({next: () => one})}).length > 0;',
  'fills by getters':
    'const all = []; const o = {get more() { all.push([1]); return o; }}; for (;;) o.more.more.more;',
  'makes closures': 'let f = () => 1; for (;;) { const g = f; f = () => g; }',
  'catches all':
    'const all = []; for (;;) { try { for (;;) all.push([1]); } catch {} finally { for (;;) { try { all.push([2]); } finally { continue; } } } }',
  'catches all, doubling':
    'let a = [1]; for (;;) { try { a = [...a, ...a]; } catch { a = a.concat(a); } finally { continue; } }',
  'is async': 'const all = []; return (async () => { for (;;) { all.push([1]); await 1; } })();',
  'makes promises of promises':
    'const all = []; const again = () => { all.push([1]); return Promise.resolve().then(again); }; again(); return true;',
  'eats where the stack ends': `const all = []; let n = 3e4;
    const dive = () => { try { dive(); } finally { let a = [1]; while (n-- > 0) { all.push(Array.from({length: 1e3}, () => 1)); } } };
    try { dive(); } catch {} for (;;) all.push([1]);`,
  'parses JSON':
    "const t = '[' + '[],'.repeat(3e5) + '[]]'; const all = []; for (;;) all.push(JSON.parse(t));",
  'writes JSON of lists in lists':
    "let a = 'x'.repeat(100); for (let i = 0; i < 40; i++) a = [a, a]; const all = []; for (;;) all.push(JSON.stringify(a));",
  'keeps typed arrays': 'const all = []; for (;;) all.push(new Float64Array(1e6).fill(1));',
  'keeps copies of a typed array':
    'const f = new Float64Array(1e6).fill(1); const all = []; for (;;) all.push(f.slice());',
  'keeps mapped typed arrays':
    'const f = new Float64Array(1e6).fill(1); const all = []; for (;;) all.push(f.map(x => x));',
  'keeps typed arrays with another element':
    'const f = new Float64Array(1e6).fill(1); return Array.from({length: 1e5}, () => f.with(0, 2)).length > 0;',
  'keeps copies of buffers':
    'const b = new ArrayBuffer(8e6); const all = []; for (;;) all.push(b.slice(0));',
  'shifts a bigint': 'const all = []; for (;;) all.push(1n << 100000000n);',
  'squares a bigint': 'let b = 3n; for (;;) b *= b;',
};

async function startSmall(t: ExecutionContext) {
  const machine = await startMachine(t, 1, {
    workerHeapMb: HEAP_MB,
    taskTimeoutMs: TIMEOUT_MS_UNREACHED,
    onWarning: () => {},
  });
  fillStore(machine.store, ['AUSDT', 'BUSDT']);
  return machine;
}

for (const [what, code] of Object.entries(EATERS)) {
  test.serial(`executeFilters() ends a filter that ${what}, and goes on`, async t => {
    const {screen, samples} = await startSmall(t);
    const results = await screen([traderOf('eater', code), HONEST]);
    const eater = results.get('eater');
    t.log(eater?.error ?? eater?.throws?.firstMessage);
    t.is(eater?.error, OUT_OF_MEMORY);
    t.is(results.get('honest')?.error, undefined);
    t.is(results.get('honest')?.matches.length, 2);
    const labels = {trader_id: 'eater', trader_name: 'EATER', reason: 'out_of_memory'};
    t.is(samples().get(sampleKey('trader_runaways_total', labels)), 1);
    const screened = samples().get(
      sampleKey('trader_screenings_total', {trader_id: 'honest', trader_name: 'HONEST'}),
    );
    t.is(screened, 1);
  });
}

test.serial('executeFilters() bounds what a filter makes of Intl, and goes on', async t => {
  const {screen} = await startSmall(t);
  const eaters = {
    segments:
      "const all = [], s = 'a b'.repeat(1e5); for (;;) all.push(new Intl.Segmenter('en').segment(s));",
    walks:
      "const s = new Intl.Segmenter('en').segment('a b'), all = []; for (;;) all.push(s[Symbol.iterator]());",
    formats: "const all = []; for (;;) all.push(new Intl.DateTimeFormat('en', {timeZone: 'UTC'}));",
    // Under its built-in name.
    builtIn:
      "const all = [], P = new Intl.PluralRules('en').constructor; for (;;) all.push(new P('en'));",
  };
  const traders = Object.entries(eaters).map(([id, code]) => traderOf(id, code));
  const honest = traderOf(
    'dated',
    `const hour = new Intl.DateTimeFormat('en', {timeZone: 'UTC', hour: 'numeric'}).format(0);
     return {match: true, conditions: [hour, [...new Intl.Segmenter('en').segment('ab')].length + '']};`,
  );
  const results = await screen([...traders, honest, HONEST]);
  for (const {id} of traders) {
    const {throws} = results.get(id)!;
    t.regex(throws!.firstMessage, /Expected objects of Intl of at most/, id);
  }
  t.deepEqual(results.get('dated')?.matches[0]?.matchedConditions, ['12 AM', '2']);
  t.is(results.get('honest')?.matches.length, 2);
});
