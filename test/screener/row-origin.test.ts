import test from 'ava';
import {
  fieldAsNumber,
  type NumberSource,
  noteOrigin,
  parsedField,
} from '../../src/screener/row-origin.js';

const ROW = Object.freeze([1, '2', '3']);

/** A row that knows other numbers than its texts tell, so that a test sees where one came from. */
function markedRow(numberAt: NumberSource['numberAt']): readonly unknown[] {
  const row = ['1.5', '2.5', '3.5'];
  noteOrigin(row, {numberAt}, 7);
  return Object.freeze(row);
}

test('parsedField() and fieldAsNumber() ask for the number that a row knows', t => {
  const row = markedRow((index, field) => 100 * index + field);
  t.is(parsedField(parseFloat, row, 2), 702);
  t.is(parsedField(Number, row, 1), 701);
  t.is(fieldAsNumber(row, 0), 700);
});

test('they parse where the number is not at hand', t => {
  const row = markedRow(() => undefined);
  t.is(parsedField(parseFloat, row, 2), 3.5);
  t.is(parsedField(Number, row, 2), 3.5);
  t.is(fieldAsNumber(row, 2), 3.5);
});

test('they parse what is no row of a series', t => {
  for (const row of [ROW, '123', new String('123'), {1: '2'}, [0, '2']]) {
    t.is(parsedField(parseFloat, row, 1), 2);
    t.is(fieldAsNumber(row, 1), 2);
  }
  t.is(parsedField(parseFloat, [], 3), Number.NaN);
  t.is(fieldAsNumber(7, 3), Number.NaN);
  for (const nothing of [null, undefined]) {
    const error = {instanceOf: TypeError, message: /Cannot read properties of (null|undefined)/};
    t.throws(() => parsedField(parseFloat, nothing, 4), error);
    t.throws(() => fieldAsNumber(nothing, 4), error);
  }
});

test('parsedField() calls any other function with the text', t => {
  const row = markedRow(() => 9);
  t.is(
    parsedField((text: unknown) => `<${text}>`, row, 1),
    '<2.5>',
  );
  t.is(parsedField(parseInt, row, 1), 2);
  t.throws(() => parsedField(undefined, row, 1), {instanceOf: TypeError});
});

test('a negative zero is read as its text is', t => {
  const row = markedRow(() => -0);
  t.is(parsedField(parseFloat, row, 1), 0);
  t.is(fieldAsNumber(row, 1), 0);
});

test("what is noted on a row can't be seen", t => {
  const row = markedRow(() => 9);
  t.deepEqual(Reflect.ownKeys(row), ['0', '1', '2', 'length']);
  t.deepEqual(row, ['1.5', '2.5', '3.5']);
  t.is(Object.getPrototypeOf(row), Array.prototype);
});
