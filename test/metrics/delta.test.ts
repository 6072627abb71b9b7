import test from 'ava';
import fc from 'fast-check';
import {
  DELTA_CELLS_MAX,
  decodeDeclaration,
  decodeDelta,
  encodeDelta,
  isHello,
  LABEL_VALUE_LENGTH_MAX,
  PROTOCOL_VERSION,
} from '../../src/metrics/delta.js';
import {defineFamily, LABELS_MAX} from '../../src/metrics/family.js';
import {LEDGER_CELLS_MAX} from '../../src/metrics/ledger.js';

const HEADER_BYTES = 16;

const anyCells = fc.array(fc.tuple(fc.nat(2 ** 32 - 1), fc.double()), {maxLength: 200});

/** Whatever a structured clone can carry, and more. */
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

test('decodeDelta() reads what encodeDelta() wrote', t => {
  fc.assert(
    fc.property(
      fc.integer({min: 1, max: Number.MAX_SAFE_INTEGER}),
      anyCells,
      (sequence, changes) => {
        const cells = changes.map(([cell]) => cell);
        const values = changes.map(([, value]) => value);
        const buffer = encodeDelta(sequence, cells, values);
        t.is(buffer.byteLength, HEADER_BYTES + 12 * cells.length);
        const delta = decodeDelta(structuredClone(buffer, {transfer: [buffer]}));
        if (typeof delta === 'string') return t.fail(delta);
        t.is(delta.sequence, sequence);
        t.deepEqual([...delta.cells], cells);
        t.deepEqual([...delta.values], values);
      },
    ),
  );
});

test('decodeDelta() reads the largest delta', t => {
  const cells = Array.from({length: DELTA_CELLS_MAX}, (_, i) => i);
  const delta = decodeDelta(encodeDelta(1, cells, cells));
  t.is(typeof delta === 'string' ? delta : delta.cells.at(-1), DELTA_CELLS_MAX - 1);
});

test('decodeDelta() refuses any truncated or lengthened buffer', t => {
  fc.assert(
    fc.property(anyCells, fc.nat(3_000), (changes, bytes) => {
      const whole = encodeDelta(
        1,
        changes.map(([cell]) => cell),
        changes.map(([, value]) => value),
      );
      fc.pre(bytes !== whole.byteLength);
      const other = new ArrayBuffer(bytes);
      new Uint8Array(other).set(new Uint8Array(whole).subarray(0, bytes));
      const expected =
        bytes < HEADER_BYTES
          ? `expected at least 16 bytes, got ${bytes}`
          : `expected ${whole.byteLength} bytes for ${changes.length} cells, got ${bytes}`;
      t.is(decodeDelta(other), expected);
    }),
  );
});

test('decodeDelta() refuses another version', t => {
  const buffer = encodeDelta(1, [0], [1]);
  new Uint32Array(buffer)[0] = PROTOCOL_VERSION + 1;
  t.is(decodeDelta(buffer), `expected version ${PROTOCOL_VERSION}, got ${PROTOCOL_VERSION + 1}`);
});

test('decodeDelta() refuses a count beyond its bytes, and one beyond DELTA_CELLS_MAX', t => {
  const buffer = encodeDelta(1, [0], [1]);
  new Uint32Array(buffer)[1] = 2 ** 32 - 1;
  t.is(decodeDelta(buffer), 'expected 51539607556 bytes for 4294967295 cells, got 28');
  const cells = Array.from({length: DELTA_CELLS_MAX + 1}, (_, i) => i);
  t.is(decodeDelta(encodeDelta(1, cells, cells)), 'expected at most 65536 cells, got 65537');
});

test('decodeDelta() refuses a sequence that no flush can have', t => {
  for (const sequence of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, 2 ** 53]) {
    const text = `expected a sequence number from 1, got ${sequence}`;
    t.is(decodeDelta(encodeDelta(sequence, [0], [1])), text);
  }
});

test('decodeDelta() of any bytes gives a delta or a text', t => {
  const bytes = fc.uint8Array({maxLength: 80});
  const versioned = bytes.map(array => {
    array.set([PROTOCOL_VERSION, 0, 0, 0, array.length % 4, 0, 0, 0].slice(0, array.length));
    return array;
  });
  fc.assert(
    fc.property(fc.oneof(bytes, versioned), array => {
      const delta = decodeDelta(array.slice().buffer as ArrayBuffer);
      return typeof delta === 'string' || delta.cells.length === delta.values.length;
    }),
  );
  t.pass();
});

test('decodeDeclaration() reads each kind of declaration', t => {
  const buffer = new SharedArrayBuffer(16);
  const spec = defineFamily('histogram', {name: 'a', help: 'A', labelNames: ['k'], buckets: [1]});
  const messages = [
    {kind: 'segment', firstCell: 3, buffer},
    {kind: 'family', family: 0, spec},
    {kind: 'series', family: 0, cell: 3, labels: ['x', null, true]},
    {kind: 'retire', cell: 3},
  ];
  for (const message of messages) {
    t.deepEqual<unknown, unknown>(decodeDeclaration(structuredClone(message)), message);
  }
});

test('decodeDeclaration() hands on nothing that it does not know', t => {
  const message = decodeDeclaration({kind: 'retire', cell: 3, more: 1});
  t.deepEqual<unknown, unknown>(message, {kind: 'retire', cell: 3});
});

const spec = {name: 'a', type: 'counter', help: 'A', labelNames: [], buckets: []};
const shared = new SharedArrayBuffer(8);
const LABELS = `expected at most ${LABELS_MAX} label values of at most ${LABEL_VALUE_LENGTH_MAX} characters`;

/** What each malformed message is refused with. */
const MALFORMED: readonly [message: unknown, text: string][] = [
  [undefined, 'expected a declaration, got undefined'],
  [null, 'expected a declaration, got object'],
  ['series', 'expected a declaration, got string'],
  [7n, 'expected a declaration, got bigint'],
  [{}, 'expected a known kind of declaration, got undefined'],
  [[], 'expected a known kind of declaration, got undefined'],
  [{kind: 'x\n'.repeat(90)}, `expected a known kind of declaration, got \`${'x\\n'.repeat(20)}…\``],
  [{kind: {toString: 1}}, 'expected a known kind of declaration, got object'],
  [{kind: 'retire'}, 'expected a cell to retire'],
  [{kind: 'retire', cell: -1}, 'expected a cell to retire'],
  [{kind: 'retire', cell: 2 ** 32}, 'expected a cell to retire'],
  [{kind: 'retire', cell: '1'}, 'expected a cell to retire'],
  [{kind: 'segment', firstCell: 1.5, buffer: shared}, 'expected the first cell of a segment'],
  [
    {kind: 'segment', firstCell: 0, buffer: new ArrayBuffer(8)},
    'expected a segment in a SharedArrayBuffer of whole cells',
  ],
  [
    {kind: 'segment', firstCell: 0, buffer: new SharedArrayBuffer(12)},
    'expected a segment in a SharedArrayBuffer of whole cells',
  ],
  [
    {kind: 'segment', firstCell: 0, buffer: new SharedArrayBuffer(0)},
    'expected a segment in a SharedArrayBuffer of whole cells',
  ],
  [
    {kind: 'segment', firstCell: LEDGER_CELLS_MAX, buffer: shared},
    `expected at most ${LEDGER_CELLS_MAX} cells, got a segment beyond them`,
  ],
  [{kind: 'family', family: 0}, 'expected a family with its number'],
  [{kind: 'family', family: null, spec}, 'expected a family with its number'],
  [
    {kind: 'family', family: 0, spec: {...spec, type: 'untyped'}},
    'expected a known metric type, got `untyped`',
  ],
  [
    {kind: 'family', family: 0, spec: {...spec, type: {toString: 1}}},
    'expected a known metric type, got object',
  ],
  [
    {kind: 'family', family: 0, spec: {...spec, name: 'a b'}},
    'Expected a metric name like `jobs_total`, got `a b`',
  ],
  [
    {kind: 'family', family: 0, spec: {...spec, help: 'a'.repeat(8_193)}},
    `Expected \`help\` of a to be at most 8192 characters, got \`${'a'.repeat(60)}…\``,
  ],
  [{kind: 'series', family: 0, labels: []}, 'expected a series with its family and cell'],
  [
    {kind: 'series', family: '0', cell: 0, labels: []},
    'expected a series with its family and cell',
  ],
  [{kind: 'series', family: 0, cell: 0, labels: {}}, LABELS],
  [{kind: 'series', family: 0, cell: 0, labels: [false]}, LABELS],
  [{kind: 'series', family: 0, cell: 0, labels: [5]}, LABELS],
  [{kind: 'series', family: 0, cell: 0, labels: Array(LABELS_MAX + 1).fill('')}, LABELS],
  [{kind: 'series', family: 0, cell: 0, labels: ['a'.repeat(LABEL_VALUE_LENGTH_MAX + 1)]}, LABELS],
];

for (const [i, [message, text]] of MALFORMED.entries()) {
  test(`decodeDeclaration() refuses malformed message ${i}: ${text.replaceAll('`', "'")}`, t => {
    t.is<unknown, unknown>(decodeDeclaration(message), text);
  });
}

test('decodeDeclaration() never throws, whatever comes', t => {
  const kind = fc.constantFrom('segment', 'family', 'series', 'retire');
  const type = fc.constantFrom('counter', 'gauge', 'histogram', 'summary');
  const near = fc.record(
    {
      kind: fc.oneof(kind, anything),
      firstCell: fc.oneof(fc.nat(9), anything),
      buffer: fc.oneof(fc.constant(shared), anything),
      family: fc.oneof(fc.nat(9), anything),
      cell: fc.oneof(fc.nat(9), anything),
      labels: fc.oneof(fc.array(anything), anything),
      spec: fc.oneof(
        anything,
        fc.record({
          type: fc.oneof(type, anything),
          name: fc.oneof(fc.constant('a'), anything),
          help: fc.oneof(fc.constant('A'), anything),
          labelNames: fc.oneof(fc.constant([]), fc.array(anything), anything),
          aggregator: fc.oneof(fc.constant('sum'), anything),
          buckets: fc.oneof(fc.constant([]), fc.array(anything), anything),
        }),
      ),
    },
    {requiredKeys: []},
  );
  fc.assert(
    fc.property(fc.oneof(anything, near), message => {
      const decoded = decodeDeclaration(message);
      return typeof decoded === 'string' ? decoded.length < 400 : decoded.kind.length > 0;
    }),
    {numRuns: 3_000},
  );
  t.pass();
});

test('isHello() knows a hello of any version and leaves the rest to the user', t => {
  t.true(isHello({threadtally: 1, channel: 'c'}));
  t.true(isHello({threadtally: 999, channel: undefined}));
  t.false(isHello({threadtally: '1', channel: 'c'}));
  t.false(isHello({threadtally: 1}));
  t.false(isHello({channel: 'c'}));
  fc.assert(fc.property(anything, message => !isHello(message)));
});
