/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the filters'. */
import vm from 'node:vm';
import test from 'ava';
import fc from 'fast-check';
import {BUILT_IN_TRADERS} from '../../src/screener/built-in-traders.js';
import {GUARD_KEYS, guardCode} from '../../src/screener/guard/guarded-code.js';
import {makeAllowance} from '../../src/screener/realm/allowance.js';
import {makeCountIterable, makeGuards} from '../../src/screener/realm/guards.js';

const PARAMETERS = ['ticker', 'timeframes', 'helpers', 'hvnNodes'];

/** Compiles a code as it is, and guarded; both as functions of the usual parameters. */
function compile(code: string) {
  const plain = vm.compileFunction(code, PARAMETERS);
  const guarded = guardCode(code, PARAMETERS);
  let looks = 0;
  const allowance = makeAllowance(() => {
    looks++;
  });
  const guards = makeGuards(allowance, new Map());
  const make = vm.compileFunction(guarded.code, [...guarded.parameters]);
  return {
    plain,
    guarded: make(...GUARD_KEYS.map(key => guards[key])) as typeof plain,
    code: guarded.code,
    looks: () => looks,
  };
}

/** What a function returns or throws, as a text. */
function outcome(run: () => unknown): string {
  try {
    return (
      JSON.stringify(run(), (_, value) => (typeof value === 'bigint' ? `${value}n` : value)) ??
      'undefined'
    );
  } catch (error) {
    return String(error);
  }
}

/** By what is odd about it: code that must give the same result guarded. */
const CODES: Readonly<Record<string, string>> = {
  directives: "'use strict'\n'other'; return this === undefined;",
  'a directive of a function':
    "const f = function () { 'use strict'\nreturn this; }; return f() === undefined;",
  'a text that is no directive': "1; 'use strict'; return typeof this;",
  labels:
    'const o = []; outer: for (let i = 0; i < 3; i++) { for (const j of [1, 2]) { if (j > i) continue outer; if (i > 1) break outer; o.push([i, j]); } } return o;',
  'a labelled loop without a block':
    'let n = 0; a: for (;;) b: while (true) if (n++ > 3) break a; else continue b; return n;',
  "arrows' bodies":
    'const a = x => x + 1, b = x => ({x}), c = x => (x, 2), d = x => /* no */ x // yes\n; const e = x => y => x + y; return [a(1), b(1), c(1), d(1), e(1)(2)];',
  'arrows without parameters':
    'const f = () =>\n  1 + 1\nconst g = async () => await 1\nreturn [f(), typeof g];',
  classes:
    "class A { static n = 1 + 1; #p = 'a' + 'b'; x = this.#p + 1; static { A.m = A.n + 1; } get y() { return this.x + 1; } set y(v) { this.#p += v; } static of() { return new this(); } ['c' + 1]() { return super.toString + ''; } p() { return this.#p; } has(o) { return #p in o; } } class B extends A { constructor() { super(); this.z = super.p() + 2; } } const b = new B(); b.y = 'c'; return [A.n, A.m, b.x, b.y, b.z, b.p(), b.has(b), 'c1' in b];",
  'names of functions':
    'const f = function () {}, g = () => 1, {h = () => 2} = {}; const k = (x = () => 1) => x.name; class A { m = () => 1; } return [f.name, g.name, h.name, k(), new A().m.name];',
  generators:
    "function* g(n) { const x = yield n + 1; yield* [x + 1, x + 's']; return 'r' + n; } const i = g(1); return [i.next(), i.next(5), i.next(), i.next(), ...g(2)];",
  switch:
    "const o = []; for (const x of [1, 2, 3, 4]) switch (x + 1) { case 1 + 1: o.push('a' + x); break; case 3: { o.push(x); } default: o.push('d'); 'x' + x; break; case 9: } return o;",
  comments:
    "// one\nconst a = 1 /* + */ + /* two */ 2 // three\nlet s = 'a'; s /* += */ += /* y */ 'b'; return s;",
  'comments before operators':
    "let s = 'a'; s /* += */ += // x\n 'b'; const o = {s}; (o.s) /* x */\n += s; return [s, o];",
  'lines without semicolons':
    "let s = 'a'\ns += 'b'\ns + 'c'\nconst f = x => x\nf + 1\nconst o = {s}\no.s += 'x'\n`${s}`\n;[1].map(x => x + 1)\nvar i = 1\n++i\nreturn [s, o, i]",
  'do without a block': 'let i = 0; do i++; while (i < 5) if (i) i += 2; else i = 0; return i;',
  'else of what stands in a loop':
    "let o = ''; for (let i = 0; i < 3; i++) if (i % 2) o += 'a'; else o += 'b'; return o;",
  'assignments to members':
    "const log = []; const o = () => { log.push('o'); return x; }, k = () => { log.push('k'); return 'p'; }, v = () => { log.push('v'); return 'w'; }; const x = {p: 'p', q: {r: 1}}; o()[k()] += v(); x[x.q.r += 1] += x.p += 'z'; x.q.r += x.q.r += 1; return [x, log];",
  'assignments in assignments': "let a = 'a', b = 'b'; a += b += a + (b = 'c') + b; return [a, b];",
  'assignments to what is not there': 'nothing += 1;',
  'assignments to a constant': "const c = 'a'; c += 'b';",
  'assignments to undefined': 'let o; o.p += 1;',
  'logical assignments':
    "let a, b = 1, o = {}; a ??= 'x' + 1; b &&= b + 1; o.p ||= [b + 1]; return [a, b, o];",
  lengths:
    "const a = [1, 2, 3]; a.length = 2; a.length += 2; a['length'] -= 1; --a.length; a.length--; const o = {length: 1}; o.length = 'x' + 1; return [a, a.length, o];",
  destructuring:
    "const [a, ...r] = [1, 2, 3], {b, ...s} = {b: 1, c: 2, d: 3}; let [x = a + 1, {y = x + 1} = {}] = []; const t = [1, 2]; [t[0], t[1]] = [t[1], t[0]]; ({t: t.x = 'q' + 1, ...t.y} = {z: 1}); for (t.w of [1, 2]); for (const [k, v = k + 1] of [[1]]) t.v = v; return [a, r, b, s, x, y, t, t.x, t.y, t.w, t.v];",
  'default parameters':
    "function f(a, b = a + 'x', {c = b + 1, [a + 'k']: d = 4} = {}, ...rest) { arguments[0] = 9; return [a, b, c, d, rest, f.length, arguments.length]; } return [f('a'), f('a', undefined, {ak: 2}, 1, 2), ((x = [...'ab']) => x)()];",
  spread:
    "const s = new Set([1, 2]), m = new Map([[1, 2]]); function* g() { yield 1; } class L extends Array {} const f = (...a) => a.length; return [[...s], [...m], [...'añ'], [...g()], [...L.from([1, 2])], [...m.keys()], f(...s, ...[1, , 2]), {...[1], ...null, ...'ab', ...{x: 1}}, Math.max(...[1, 5]), new Array(...[1, 2])];",
  'optional chains':
    "const o = {a: [1, 2], n: null}; return [o?.a?.slice(1).map(x => x + 1), o.n?.slice(1).map(x => x), o?.['a'].concat?.(3).length, (o?.a).slice(0, 1), delete o?.x, o.q?.(1 + 1)];",
  'methods with a this':
    "const o = {map() { return this.v; }, push: [].push, v: 3, length: 0, f: {slice() { return this.w; }, w: 4}}; const t = {filter(s) { return s.raw[0] + this.z; }, z: 1}; o.push(7); return [o.map(), (o.map)(), o['map'](), o.f.slice(), o, t.filter`x`];",
  constructors:
    'const a = [1]; class C { static make() { return new this.prototype.constructor(); } } return [new a.constructor(3).length, a.constructor(2).length, a.constructor === Array, C.make() instanceof C, new (class { constructor() { this.n = this.constructor.name.length; } })()];',
  texts:
    "let s = ''; for (let i = 0; i < 3; i++) { s += i; s = `${s}-${s + i}`; } return [s, 1 + 2 + 's' + 1 + 2, 's' + {toString: () => 't'} + [1, [2]], `${{toString: () => 'u'}}`, String.raw`\\n${1 + 1}`, '' + null + undefined];",
  'what becomes no text': 'try { return `${Symbol()}`; } catch (e) { return e.name + (1 - -1); }',
  numbers:
    'let x = 0.1; for (let i = 0; i < 5; i++) x += 0.2 * i - -1; return [x + 0.2, x | 0, -x + +"3", 2 ** 3 ** 0, (2 + 3) * 4, x++ + ++x];',
  bigints:
    "let b = 2n; b **= 10n; b <<= 2n; b *= b; const o = {b: 1n}; o.b += 5n; o.b++; b = -b; return [b, o.b, 5n ** 2n, 1n << 3n, BigInt(5) + 1n, typeof (1n + 2n), 'x' + 1n, 7n / 2n, ~1n, 2 ** 3, 2 << 1, BigInt.asUintN(8, 257n)];",
  'names that look like the inserted':
    'const $g0_ = 1, $g = 2, \\u0024g1_ = 3; return [$g0_, $g, $g1_];',
  'loops in functions of all kinds':
    'const f = n => { for (let i = 0; i < n; i++) if (i > 2) return i; return 0; }; class A { m() { for (;;) return 1; } static { for (const x of [1]) this.s = x; } p = (() => { let i = 0; while (i < 3) i++; return i; })(); *g() { for (let i = 0; i < 3; i++) yield i; } } return [f(2), f(9), new A().m(), A.s, new A().p, ...new A().g()];',
  'loops of all kinds':
    'const o = []; for (var i in {a: 1, b: 2}) o.push(i + 1); for (const x of [1]) o.push(x + 1); while (o.length < 5) o.push(0); for (let j = 0, f = () => j; j < 2; j++) o.push(f()); for (;;) { break; } for (var z = 0; z < 2; z++); return [o, z];',
  'sloppy functions':
    'if (true) { function f() { return arguments.callee === f; } } var o = {}; o.x = undeclared = 5; delete o.x; return [f(), typeof undeclared, delete globalThis.undeclared, "x" in o];',
  'getters and setters':
    "const o = {_v: 'a', get v() { return this._v + 1; }, set v(x) { this._v = x + 2; }, ['k' + 1]: 1, async m() {}, *g() { yield 1 + 1; }, __proto__: null}; o.v += 'b'; return [o._v, o.k1, ...o.g()];",
  'new.target':
    'function F() { return {t: new.target === F}; } return [new F(), typeof new.target];',
  'regular expressions':
    "return ['a+b'.replace(/\\+/g, '-'), /[/]`\\${/.test('/`${'), 'aXbX'.split('X').join('') + 1];",
  try: "const o = []; for (const x of [1, 2]) try { if (x > 1) throw 'e' + x; o.push(x); } catch (e) { o.push(e + 1); continue; } finally { o.push('f'); } return o;",
  'numbers of fields':
    "const k = [['1.5', '2', 3, '0x10', '']]; const f = x => parseFloat(x[0]), r = k[0]; return [f(k[0]), parseFloat /* a */ ( /* b */ k[0] /* c */ [ /* d */ 1 /* e */ ] /* f */ , ), Number(r[3]), parseFloat(r[3]), +r[0], + /* x */ r [1], -+r[0], typeof+r[1], 1 - +r[0], 1+ +r[1], +k[0][2], parseFloat((0, r)[1]), parseFloat(parseFloat(r[0])), parseFloat(k[0][+r[1]]), +r[4], parseFloat(r[9]), parseFloat('7.5'[0]), parseFloat(r[0], r[1]), parseFloat(r['0']), 2 ** +r[0]];",
  'numbers of fields beside comments that look like HTML':
    "const k = [['1', '2', '3', '4', '5']], x = k[0]; const a = parseFloat <!-- ( note\n (k[0][4]); const b = +x[1] <!-- x\n [0]; const c = parseFloat(x <!-- [\n [4]); let s = 'a'\n--> s\ns <!-- b\n /* c */\n--> d\n += 'e'; return [a, b, c, s];",
  'a parser that is none': "const r = ['0', '1.5']; { var parseFloat; } return parseFloat(r[1]);",
  'numbers of numbers':
    "const r = [-0, '1', '2', '3', '4', '5', -0, '7', -0]; return [1 / Number(r[0]), 1 / +r[6], 1 / +r[8], 1 / parseFloat(r[8])].map(String);",
  'numbers of fields that are not there': 'const k = []; return parseFloat(k[3][4]);',
  'numbers of nothing': 'const k = []; return +k[3][4];',
  'a parser of its own':
    'const r = ["1.5"], parseFloat = x => `<${x}>`; { const Number = x => x + 1; return [parseFloat(r[0]), Number(r[0])]; }',
  'a parser that is not there yet': 'const r = ["1"]; const x = Number(r[0]); let Number = 1;',
  'parts of optional chains as numbers':
    'const r = ["1.5"], n = null; return [parseFloat(r?.[0]), +r?.[0], +n?.[0], parseFloat?.(r[0]), parseFloat(r[0])?.toFixed?.(2), new (class { constructor() { this.x = +r[0]; } })().x];',
  'fields of a class above':
    'class A { 0() { return 1; } } class B extends A { f() { return [parseFloat(super[0]), +super[1]]; } } return new B().f();',
  'a comment at the end': 'return 1 + 1; // end',
  'names of what Node and realms have':
    'return [typeof ticker, typeof hvnNodes, arguments.length];',
};
for (const [what, code] of Object.entries(CODES)) {
  test(`guardCode() leaves ${what} as they are`, t => {
    const {plain, guarded} = compile(code);
    const expected = outcome(() => plain({s: 'A'}, {}, {}, []));
    t.is(
      outcome(() => guarded({s: 'A'}, {}, {}, [])),
      expected,
    );
  });
}

test('guardCode() leaves it a TypeError to spread what is not iterable', t => {
  for (const code of [
    'return [...undefined];',
    'const n = 5; return [...n];',
    'f(...{}); function f() {}',
  ]) {
    const {plain, guarded} = compile(code);
    t.throws(plain as () => void, {instanceOf: TypeError});
    t.throws(guarded as () => void, {instanceOf: TypeError, message: /is not iterable$/});
  }
});

test('guardCode() leaves async code as it is', async t => {
  const code = `const o = []; const w = async x => { await null; return x + 1; };
    async function* g() { for (let i = 0; i < 2; i++) yield i + 'y'; }
    return (async () => { for await (const x of g()) o.push(x + (await w(1))); o.push(...[await w('s')]);
      const q = {p: 'p'}; q[await w('k')] = 1; q.p += await w('v'); try { await Promise.reject('r' + 1); } catch (e) { o.push(e); }
      return [o, q]; })();`;
  const {plain, guarded} = compile(code);
  t.deepEqual(await guarded(), await plain());
});

test('guardCode() keeps the lines', t => {
  const code = "const a = [1]\n\nfor (const x of a)\n  a.length =\n 0\nlet s = 'a'\n  +=\n'b'\n";
  t.throws(() => guardCode(code, PARAMETERS), {instanceOf: SyntaxError});
  const valid = "const f = x =>\n  x\n  + 1 // plus\n\nlet s = ''\ns\n  +=\n  `a\nb`\nreturn s\n";
  t.is(guardCode(valid, PARAMETERS).code.split('\n').length, valid.split('\n').length + 1);
});

test('guardCode() counts every loop, function and text', t => {
  for (const code of [
    'for (let i = 0; i < 1e6; i++);',
    'let i = 0; while (i++ < 1e6);',
    'let i = 0; do ; while (i++ < 1e6);',
    'const f = n => n > 0 && f(n - 1); for (const x of Array(300)) f(5e3);',
    "let s = 'x'.repeat(9e5); for (const x of [1, 2, 3, 4]) s = s + x;",
    'const f = () => { for (let i = 0; i < 9; i++); }; for (let j = 0; j < 3e4; j++) f();',
    'class A { m = (n => n)(1); } Array.from({length: 1e6}, () => new A());',
    'function f(n, x = n > 0 && f(n - 1)) {} for (const x of Array(300)) f(3e3);',
  ]) {
    const {guarded, looks} = compile(code);
    guarded();
    t.true(looks() > 1, code);
  }
});

test("guardCode() gives names that don't occur in the filter, however they are written", t => {
  const {parameters} = guardCode('const \\u0024g0_ = 1; return $g$1;', PARAMETERS);
  t.true(parameters.every(name => name.startsWith('$g$$')));
});

test('guardCode() refuses what leads out of the guards', t => {
  for (const code of ['with ({}) x;', "import('x');", "() => { with (a) import('x'); }"]) {
    t.throws(() => guardCode(code, PARAMETERS), {instanceOf: SyntaxError});
  }
});

test("guardCode() takes the built-in traders' filters", t => {
  for (const {filter} of BUILT_IN_TRADERS) t.notThrows(() => compile(filter.code));
});

test('an allowance whose look fails at the end of the stack lets nothing go on', t => {
  const guards = makeGuards(
    makeAllowance(() => {
      throw new Error("of Node's");
    }),
    new Map(),
  );
  const {code, parameters} = guardCode('for (;;) { try { for (;;); } catch {} }', []);
  const make = vm.compileFunction(code, [...parameters]);
  t.throws(make(...GUARD_KEYS.map(key => guards[key])), {instanceOf: RangeError});
});

test('countIterable() counts what it gives', t => {
  let bytes = 0;
  const count = makeCountIterable(more => {
    bytes += more;
  });
  const own = Object.assign([1], {[Symbol.iterator]: () => [7, 8, 9].values()});
  const cases: [unknown, number][] = [
    [[1, 2], 2],
    [new Set([1]), 1],
    ['abc', 3],
    [own, 3],
    [new Map([[1, 1]]).keys(), 1],
  ];
  for (const [value, length] of cases) {
    bytes = 0;
    t.is([...(count(value, 10) as Iterable<unknown>)].length, length);
    t.is(bytes, 10 * length);
  }
});

/** Expressions of a few names, of numbers and of texts, and of what is written into. */
const {expression} = fc.letrec<{expression: string}>(tie => ({
  expression: fc.oneof(
    {maxDepth: 4},
    fc.constantFrom('a', 'b', 'o.p', "o['q']", '1', "'s'", '0.5', 'null', '[]', 'l.length'),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '&&', '??', '<', ','),
        tie('expression'),
      )
      .map(([x, op, y]) => `((${x}) ${op} (${y}))`),
    fc.tuple(tie('expression'), tie('expression')).map(([x, y]) => `${'`'}\${${x}}-\${${y}}${'`'}`),
    fc
      .tuple(
        fc.constantFrom('a', 'b', 'o.p', "o['q' + a]", 'o[b]'),
        fc.constantFrom('=', '+=', '-=', '??='),
        tie('expression'),
      )
      .map(([x, op, y]) => `(${x} ${op} ${y})`),
    tie('expression').map(x => `[...l, ${x}].map(x => x + ${x}).slice(-3)`),
    tie('expression').map(x => `(() => { for (const x of l) if (x) return ${x}; })()`),
    tie('expression').map(x => `((x = ${x}) => x + a)()`),
    tie('expression').map(x => `o?.p?.concat?.(${x})`),
    fc
      .tuple(fc.constantFrom('parseFloat', 'Number', '+', '-+'), tie('expression'), fc.nat(12))
      .map(([f, x, i]) => `(${f}${f.length > 2 ? '(' : ''}(${x})[${i}]${f.length > 2 ? ')' : ''})`),
  ),
}));

test('guardCode() changes the result of no expression', t => {
  fc.assert(
    fc.property(expression, text => {
      const {plain, guarded} = compile(
        `let a = 1, b = 'b'; const o = {p: 1, q: 'q'}, l = [1, 'x'];\nconst r = ${text}\nreturn [r, a, b, o];`,
      );
      t.is(
        outcome(() => guarded()),
        outcome(() => plain()),
      );
    }),
    {numRuns: 500},
  );
});
