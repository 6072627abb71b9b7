import type {Bindings} from './bindings.js';
import type {CodeEdits} from './code-edits.js';
import type {AnyNode, NodeOf} from './filter-syntax.js';
import type {TreeWalk} from './growth-writer.js';
import type {GuardNames} from './guarded-code.js';
import {findOperator} from './syntax-kinds.js';

/** Positions of a candle's texts: the others are numbers already. */
const TEXT_FIELDS: readonly unknown[] = [1, 2, 3, 4, 5, 7, 9, 10, 11];

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
  readonly bindings: Bindings;
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
  readonly #bindings: Bindings;

  constructor({code, edits, names, walk, bindings}: RowReadWriterOptions) {
    this.#code = code;
    this.#edits = edits;
    this.#names = names;
    this.#walk = walk;
    this.#bindings = bindings;
  }

  /** False where the call is none of these, or the parser one of the filter's own. */
  writeCall(node: NodeOf<'CallExpression'>): boolean {
    const [argument] = node.arguments;
    const {callee} = node;
    const isParser =
      callee.type === 'Identifier' &&
      PARSERS.includes(callee.name) &&
      !this.#bindings.has(callee.name);
    const isOne = node.arguments.length === 1 && !node.optional;
    if (!isParser || !isOne || !isFieldMember(argument)) return false;
    const open = findOperator(this.#code, callee.end, '(');
    const bracket = this.#bracketOf(argument);
    if (open === undefined || bracket === undefined) return false;
    this.#edits.insert(node.start, `${this.#names.parsedField}(`);
    this.#edits.replace(open, open + 1, ',');
    this.#writeField(argument, bracket);
    return true;
  }

  /** False where it is another operator, or of something else. */
  writePlus(node: NodeOf<'UnaryExpression'>): boolean {
    const {operator, argument} = node;
    if (operator !== '+' || !isFieldMember(argument)) return false;
    const bracket = this.#bracketOf(argument);
    if (bracket === undefined) return false;
    // In a parenthesis of its own: what stands before it may be a word.
    this.#edits.replace(node.start, node.start + 1, `(${this.#names.fieldAsNumber}(`);
    this.#writeField(argument, bracket);
    this.#edits.insert(node.end, '))');
    return true;
  }

  #bracketOf({object}: FieldMember): number | undefined {
    return findOperator(this.#code, object.end, '[');
  }

  /** `row[4]` as `row,4`. */
  #writeField({object, end}: FieldMember, bracket: number): void {
    this.#walk.visit(object);
    this.#edits.replace(bracket, bracket + 1, ',');
    this.#edits.replace(end - 1, end, '');
  }
}

function isFieldMember(node: AnyNode | undefined): node is FieldMember {
  if (node?.type !== 'MemberExpression' || !node.computed || node.optional) return false;
  if (node.object.type === 'Super' || node.property.type !== 'Literal') return false;
  return TEXT_FIELDS.includes(node.property.value);
}
