import test from 'ava';
import {BUILT_IN_TRADERS} from '../../src/screener/built-in-traders.js';
import {mayWriteRows} from '../../src/screener/row-writes.js';

const WRITES = [
  'k[4] = 1;',
  'k[4]=+k[4]',
  'for (const k of c) k[4] /* note */ = parseFloat(k[4]);',
  'k[4] // note\n = 1',
  'k[8]++',
  '++k[8]',
  '--row.x',
  'k[5] *= 2',
  'k[5] **= 2',
  'k[5] ??= 2',
  'k[5] >>>= 2',
  'k.close = 3',
  'k.\nclose = 3',
  '[k[4], x] = [1, 2]',
  '({a: k[4]} = {a: 1})',
  'for (k[4] of [1]);',
  'for (k.close of [1]);',
  'for (k.close in x);',
  'delete k[4]',
  "eval('k[4]' + '=1')",
  'Reflect.set(k, 4, 1)',
  'try { k.push(1) } catch {}',
  'k.均价 = 1',
  'for (const r of k) r.größe = 1;',
  'k.é++',
  'k.均 ??= 3',
  'for (k.é of [1]);',
  '++(k)[5]',
  '++[k][0][5]',
  '++(a || b)[5]',
  '++{k}.k[5]',
  "k[4] // c\r = '1'",
  "k[4] // c\u2028 = '1'",
  "k[4] <!-- x\n = '1'",
  "k[4]\n--> x\n = '1'",
  "o.let[4] = '1'",
  "o. /* so */ const[i] = '1'",
  "let = k; x = let[i] = '1'",
  "k[4] /* a */ /* b **/ // c\n /***/ = '1'",
];

for (const code of WRITES) {
  test(`mayWriteRows() is true for ${JSON.stringify(code)}`, t => t.true(mayWriteRows(code)));
}

const READS = [
  'return parseFloat(k[4]) > 1;',
  'return k[4] == 1 || k[4] === 1 || k[4] <= 1 || k[4] >= 1 || k[4] != 1;',
  'const [a, b] = c.slice(-2); return a[4] > b[4];',
  'let {upper, lower} = helpers.calculateBollingerBands(c);',
  'const closes = c.map(k => +k[4]); closes.push(1); let sum = 0; sum += closes[0];',
  'const last = c[c.length - 1]; const f = (x) => x[4];',
  'for (let i = 0; i < 3; i++) { if (c[i][4] > 1) continue; }',
  'const größe = 1; return k[4] > größe;',
  'let i = 9; const [a] = c; while (i-- > 0) { x += a[i]; } /* a */ /* b */ return x;',
  'return Math.min(k[2], k[3]) > 1 && [k[4]].join() && Array.of(k[4]);',
];

for (const code of READS) {
  test(`mayWriteRows() is false for ${JSON.stringify(code)}`, t => t.false(mayWriteRows(code)));
}

test('mayWriteRows() is false for every built-in trader', t => {
  for (const {name, filter} of BUILT_IN_TRADERS) t.false(mayWriteRows(filter.code), name);
});

/** What V8 takes a second for, or more, where it looks at a comment in two ways. */
test('mayWriteRows() ends, however many comments stand in a row', t => {
  for (const comment of ['/* step */\n', '// // step\n', '/**/', ' /*/ */ ']) {
    t.false(mayWriteRows(`if (x) { y(); }\n${comment.repeat(2_000)}return true;`), comment);
  }
});
