import type {CodeEdits} from './code-edits.js';
import type {AnyNode, NodeOf} from './filter-syntax.js';
import type {TreeWalk} from './growth-writer.js';
import type {GuardNames} from './guarded-code.js';
import {operatorAt} from './syntax-kinds.js';

/** Positions of a candle's fields. */
const FIELD_MAX = 11;

/** Functions of the realm's that make a number of a field. */
const PARSERS = ['parseFloat', 'Number'];

/** A member at a position that the code says, as candles' fields are asked for. */
type FieldMember = NodeOf<'MemberExpression'> & {readonly property: NodeOf<'Literal'>};

/** Options of {@link RowReadWriter}. */
export interface RowReadWriterOptions {
  readonly code: string;
  readonly edits: CodeEdits;
  readonly names: GuardNames;
  readonly walk: TreeWalk;
}

/**
 * Writes `parseFloat(row[4])`, `Number(row[4])` and `+row[4]` so that the number is asked for where the row knows it; see
 * row-origin.ts. What `row` is shows only when it is run.
 */
export class RowReadWriter {
  readonly #code: string;
  readonly #edits: CodeEdits;
  readonly #names: GuardNames;
  readonly #walk: TreeWalk;

  constructor({code, edits, names, walk}: RowReadWriterOptions) {
    this.#code = code;
    this.#edits = edits;
    this.#names = names;
    this.#walk = walk;
  }

  /** False where the call is none of these. */
  writeCall(node: NodeOf<'CallExpression'>): boolean {
    const [argument] = node.arguments;
    const {callee} = node;
    const isParser = callee.type === 'Identifier' && PARSERS.includes(callee.name);
    const isOne = node.arguments.length === 1 && !node.optional;
    if (!isParser || !isOne || !isFieldMember(argument)) return false;
    this.#edits.insert(node.start, `${this.#names.parsedField}(`);
    const at = operatorAt(this.#code, callee.end, '(');
    // The parser itself is handed over: a filter may have one of its own under that name.
    this.#edits.replace(at, at + 1, ',');
    this.#writeField(argument);
    return true;
  }

  /** False where it is another operator, or of something else. */
  writePlus(node: NodeOf<'UnaryExpression'>): boolean {
    if (node.operator !== '+' || !isFieldMember(node.argument)) return false;
    // In a parenthesis of its own: what stands before it may be a word.
    this.#edits.replace(node.start, node.start + 1, `(${this.#names.fieldAsNumber}(`);
    this.#writeField(node.argument);
    this.#edits.insert(node.end, '))');
    return true;
  }

  /** `row[4]` as `row,4`. */
  #writeField({object, end}: FieldMember): void {
    this.#walk.visit(object);
    const at = operatorAt(this.#code, object.end, '[');
    this.#edits.replace(at, at + 1, ',');
    this.#edits.replace(end - 1, end, '');
  }
}

function isFieldMember(node: AnyNode | undefined): node is FieldMember {
  if (node?.type !== 'MemberExpression' || !node.computed || node.optional) return false;
  if (node.object.type === 'Super' || node.property.type !== 'Literal') return false;
  const {value} = node.property;
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= FIELD_MAX;
}
