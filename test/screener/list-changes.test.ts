/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the filters'. */
import test from 'ava';
import {BENCH_TRADERS} from '../../bench/screening-traders.js';
import {BUILT_IN_TRADERS} from '../../src/screener/built-in-traders.js';
import {guardCode} from '../../src/screener/guard/guarded-code.js';

const mayChangeLists = (code: string) => guardCode(code, ['list']).mayChangeLists;

/** Code that changes the list `k` of the numbers 3, 1, 2; each is run, to see that it does. */
const CHANGES = [
  'k.push(4)',
  "k['push'](4)",
  '(k.push)(4)',
  'k?.push?.(4)',
  'k.reverse()',
  'k.sort()',
  'k.splice(0, 1)',
  'k.shift(); k.unshift(9)',
  'k.fill(0)',
  'k.copyWithin(0, 1)',
  'k.length = 1',
  'k.length--',
  'k[0] = 9',
  'k[0]++',
  '--k[k.length - 1]',
  'k[1] **= 0; k[0] += 1',
  'k[9] ??= 1',
  'delete k[0]',
  '[k[0], k[1]] = [k[1], k[0]]',
  '({a: k[0]} = {a: 9})',
  '({a: k[0] = 9} = {})',
  '[...k[0]] = [7]',
  'for (k[0] of [9]);',
  'for (k[0] in {a: 1});',
  'for ([k[0]] of [[9]]);',
  "const name = 'pu' + 'sh'; k[name](4)",
  "const name = 'pop'; (k[name])()",
  "const name = 'pop'; k?.[name]()",
  'k[`pop`]()',
  'const {push} = [], {apply} = push; [].push.apply(k, [4])',
  '[].push.call(k, 4)',
  "const f = []['pu' + 'sh']; f.call(k, 4)",
  "const f = []['pu' + 'sh']; f.bind(k)(4)",
  "[4].map([]['pu' + 'sh'], k)",
  "[4].forEach([]['pu' + 'sh'], ...[k])",
  "[4].find([]['pu' + 'sh'], k)",
  "Array.from([4], []['pu' + 'sh'], k)",
  "new Set([4]).forEach([]['pu' + 'sh'], k)",
  'Object.assign(k, [9])',
  "Object.defineProperty(k, '0', {value: 9})",
  'Object.defineProperties(k, {0: {value: 9}})',
  'Reflect.set(k, 0, 9)',
  "const {['Re' + 'flect']: r} = globalThis; r.set(k, 0, 9)",
  'new Proxy(k, {})[0] = 9',
  'Array.prototype.pop.call(k)',
  "eval('k.pop()')",
  "new Function('k', 'k.pop()')(k)",
  "(() => {})['const' + 'ructor']('k', 'k.pop()')(k)",
  "k.constructor.prototype['po' + 'p'].call(k)",
  'class A { static f = k.pop(); }',
  'const o = {f() { this.list[0] = 9; }, list: k}; o.f()',
  "const tag = 'pop'; k[tag]``",
  'k.pu\\u0073h(4)',
  "const {from} = Array; from([1], []['sh' + 'ift'], k)",
  "const f = Array.from; f([1], []['sh' + 'ift'], k)",
  "(0, Array.from)([1], []['sh' + 'ift'], k)",
  "(true ? Array.from : 0)([1], []['sh' + 'ift'], k)",
  "const o = {f: Array.from}; o.f([1], []['sh' + 'ift'], k)",
  "(f => f([1], []['sh' + 'ift'], k))(Array.from)",
  "for (const f of [Array.from]) f([1], []['sh' + 'ift'], k)",
  "[Array.from].forEach(f => f([1], []['sh' + 'ift'], k))",
  "({length: 1, 0: 4, m: [].map}).m([]['sh' + 'ift'], k)",
  "const {forEach: f} = []; const o = {length: 1, 0: 1, f}; o.f([]['sh' + 'ift'], k)",
  "({length: 1, 0: 4, m: [].some}).m([]['rev' + 'erse'], k)",
  "const f = Array['fr' + 'om']; f([1], []['sh' + 'ift'], k)",
  "const f = Object['as' + 'sign']; f(k, [9])",
  "const name = 'ass' + 'ign', f = Object[name]; f(k, [9])",
  "let name = 'ass'; name += 'ign'; const f = Object[name]; f(k, [9])",
  "const f = Object.getOwnPropertyDescriptor(Array, 'from').value; f([1], Array.prototype.pop, k)",
  'const {assign} = Object; assign(k, [9])',
  "let a = 0; let b = a; a = ['assign'].at(0); b = a; const f = Object[b]; f(k, [9])",
  'for (const name in {assign: 1}) { const f = Object[name]; f(k, [9]); }',
  "for (const name of ['assign']) { const f = Object[name]; f(k, [9]); }",
  "(name => { const f = Object[name]; f(k, [9]); })('assign')",
  "['assign'].map(name => { const f = Object[name]; f(k, [9]); })",
  "({map: f => f(0, 'assign')}).map((x, i) => { const f = Object[i]; f(k, [9]); })",
  "({reduce: f => f(0, 0, 'assign')}).reduce((a, b, i) => { const f = Object[i]; f(k, [9]); })",
  "new Map([['assign', 1]]).forEach((x, i) => { const f = Object[i]; f(k, [9]); })",
  "try { throw 'assign'; } catch (i) { const f = Object[i]; f(k, [9]); }",
  "const [i] = ['assign']; const f = Object[i]; f(k, [9])",
  "const [i = 'assign'] = []; const f = Object[i]; f(k, [9])",
  "const g = (i = 'assign') => { const f = Object[i]; f(k, [9]); }; g()",
  "let i = 0; [i] = ['assign']; const f = Object[i]; f(k, [9])",
  "let i = 0; ({i} = {i: 'assign'}); const f = Object[i]; f(k, [9])",
  "let i = 0; for (i of ['assign']) { const f = Object[i]; f(k, [9]); }",
  "let i = 0; i ||= 'assign'; const f = Object[i]; f(k, [9])",
  "const f = Object[{length: 'assign'}.length]; f(k, [9])",
  "const Math = {max: () => 'assign'}; const f = Object[Math.max(1)]; f(k, [9])",
  "const f = Object[1 > 2 ? 0 : 'assign']; f(k, [9])",
];

for (const code of CHANGES) {
  test(`mayChangeLists() is true for ${JSON.stringify(code)}`, t => {
    const k = [3, 1, 2];
    new Function('k', code)(k);
    t.notDeepEqual(k, [3, 1, 2], 'it is an attack indeed');
    t.true(mayChangeLists(code));
  });
}

/** What changes no list as it stands here, and could in another place: a doubt by itself, without a change beside it. */
const DOUBTS = [
  '({...k.x} = {b: 1})',
  "JSON.stringify([k], []['pu' + 'sh'])",
  "const p = []['__lookup' + 'Setter__']('__proto__')",
  "const {from} = Array; from([k], (() => {})['ca' + 'll'], []['sh' + 'ift'])",
  'const f = function () { return arguments.callee; }',
];

for (const code of DOUBTS) {
  test(`mayChangeLists() doubts ${JSON.stringify(code)}`, t => t.true(mayChangeLists(code)));
}

const READS = [
  'return k.length > 2 && parseFloat(k[k.length - 1][4]) > 1;',
  'const closes = k.map(x => parseFloat(x[4])); return closes.reduce((a, b) => a + b, 0) / closes.length > 1;',
  'let sum = 0; for (let i = 1; i < k.length; i++) sum += k[i][4] - k[i - 1][4]; return sum > 0;',
  'for (const [, , high] of k) if (high > 1) return true; return false;',
  'const {upper, lower} = helpers.calculateBollingerBands(k); return upper.map((u, i) => u - lower[i]).filter(x => x > 1).length > 2;',
  'const part = k.slice(-20), last = part.at(-1); return {match: last[4] > 1, conditions: [`close ${last[4]}`]};',
  'return Math.max(...k.slice(-5).map(x => +x[2])) > 1 || k.some(x => x[4] > 1) || k.every((x, i) => i > 2);',
  'let i = 0; while (i < 5) i += 1; return [...k].length > i && Array.from(k).includes(k[i]);',
  'const n = k.length - 1; let sum = 0; for (let i = n; i > 0; i -= 1) { const j = i + 1; sum += k[i][4] - k[j - 1][4] + k[n % 7][1]; } return sum > 0;',
  "const tf = '1h'; return timeframes[tf].length > 1 && k[Math.floor(k.length / 2)][4] > 1 && k[k.length > 5 ? 5 : 0][4] > 1;",
  'return k.reduce((sum, x, i) => sum + x[4] * k[i][5], 0) > 1 && k.findIndex((x, i) => k[i][4] > 1) >= 0;',
  'const f = (rows, n = 3) => rows.slice(-n); return f(k).length === 3;',
  'return JSON.stringify(k[0]).length > 1 && new Set(k).size > 1 && new Map([[1, k]]).get(1)[0] > 1;',
];

for (const code of READS) {
  test(`mayChangeLists() is false for ${JSON.stringify(code)}`, t => {
    t.false(mayChangeLists(code));
  });
}

test('mayChangeLists() is false for what most traders of this project say', t => {
  const codes = [...BUILT_IN_TRADERS, ...BENCH_TRADERS].map(({filter}) => filter.code);
  const changing = codes.filter(mayChangeLists);
  t.true(changing.length < codes.length / 4, changing.join('\n\n'));
});
