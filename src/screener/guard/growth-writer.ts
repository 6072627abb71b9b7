import type {CodeEdits} from './code-edits.js';
import type {AnyNode, NodeOf} from './filter-syntax.js';
import type {FunctionScope} from './function-scope.js';
import type {GuardNames} from './guarded-code.js';
import type {RowReadWriter} from './row-read-writer.js';
import {ARITHMETIC, inner, isNumber, nameOf, operatorAt} from './syntax-kinds.js';

/** How a compound assignment's value may be larger than what it is made of. */
type Growth = 'guard' | 'power' | 'shift' | undefined;

/** What goes on with the nodes below. */
export interface TreeWalk {
  readonly visit: (node: AnyNode) => void;
  readonly visitChildren: (node: AnyNode) => void;
}

/** Options of {@link GrowthWriter}. */
export interface GrowthWriterOptions {
  readonly code: string;
  readonly edits: CodeEdits;
  readonly names: GuardNames;
  /** Else only texts grow. */
  readonly hasBigInts: boolean;
  readonly scope: FunctionScope;
  readonly walk: TreeWalk;
  readonly rowReads: RowReadWriter;
}

/** Writes the guards of operators whose result may be larger than their operands, and of a list's length. */
export class GrowthWriter {
  readonly #code: string;
  readonly #edits: CodeEdits;
  readonly #names: GuardNames;
  readonly #hasBigInts: boolean;
  readonly #scope: FunctionScope;
  readonly #walk: TreeWalk;
  readonly #rowReads: RowReadWriter;

  constructor({code, edits, names, hasBigInts, scope, walk, rowReads}: GrowthWriterOptions) {
    this.#code = code;
    this.#edits = edits;
    this.#names = names;
    this.#hasBigInts = hasBigInts;
    this.#scope = scope;
    this.#walk = walk;
    this.#rowReads = rowReads;
  }

  /** Counts the result where it is a text: V8 finds the kind of a number's sum without asking. */
  #resultGuard(): readonly [string, string] {
    if (this.#hasBigInts) return [`${this.#names.bigInt}(`, ')'];
    const result = this.#scope.resultName();
    const {text} = this.#names;
    return [`(typeof(${result}=`, `)==='string'?${text}(${result}):${result})`];
  }

  writeBinary(node: NodeOf<'BinaryExpression'>): void {
    const {operator, left, right} = node;
    if (this.#hasBigInts && (operator === '**' || operator === '<<')) {
      this.#visitByFunction(node, operator === '**' ? this.#names.power : this.#names.shift);
      return;
    }
    const mayGrow = this.#hasBigInts
      ? operator === '+' || ARITHMETIC.has(operator)
      : operator === '+';
    if (!mayGrow || (!this.#hasBigInts && isNumber(left) && isNumber(right))) {
      this.#walk.visitChildren(node);
      return;
    }
    const [before, after] = this.#resultGuard();
    this.#edits.insert(node.start, before);
    this.#visitSum(node);
    this.#edits.insert(node.end, after);
  }

  /** Of a bigint it makes another as large. */
  writeOneOperand(node: NodeOf<'UpdateExpression' | 'UnaryExpression'>): void {
    const isUnary = node.type === 'UnaryExpression';
    if (isUnary && !this.#hasBigInts && this.#rowReads.writePlus(node)) return;
    const mayBeLarge = this.#hasBigInts && /[-+~]/.test(node.operator);
    if (!mayBeLarge) {
      this.#walk.visitChildren(node);
      return;
    }
    this.#edits.insert(node.start, `${this.#names.bigInt}(`);
    this.#walk.visitChildren(node);
    this.#edits.insert(node.end, ')');
  }

  /** Of `a + b + c` only the whole is looked at: its parts are bounded, and so is their number. */
  #visitSum(node: NodeOf<'BinaryExpression'>): void {
    const {left, right, operator} = node;
    if (operator === '+' && left.type === 'BinaryExpression' && left.operator === '+') {
      this.#visitSum(left);
    } else {
      this.#walk.visit(left);
    }
    this.#walk.visit(right);
  }

  #visitByFunction(node: NodeOf<'BinaryExpression'>, name: string): void {
    this.#edits.insert(node.start, `${name}(`);
    this.#walk.visit(node.left);
    const at = operatorAt(this.#code, node.left.end, node.operator);
    this.#edits.replace(at, at + node.operator.length, ',');
    this.#walk.visit(node.right);
    this.#edits.insert(node.end, ')');
  }

  /** Writes an assignment whose value may be larger than what it is made of; false where it is none. */
  writeAssignment(node: NodeOf<'AssignmentExpression'>): boolean {
    const {operator, right} = node;
    const target = inner(node.left);
    const isMember = target.type === 'MemberExpression';
    const isLength = isMember && nameOf(target) === 'length';
    const growth = this.#growthOf(operator);
    if (growth === undefined && !isLength) return false;
    if (!isMember && target.type !== 'Identifier') return false;
    const read = isMember ? this.#keepTarget(target) : target.name;
    const at = operatorAt(this.#code, node.left.end, operator);
    const [before, after] = this.#grown(read, operator, growth);
    const isCounted = isLength && target.object.type !== 'Super';
    const owner = read.slice(0, read.search(/[.[]/));
    const [open, close] = isCounted ? [`${this.#names.setLength}(${owner},`, ')'] : ['', ''];
    this.#edits.replace(at, at + operator.length, `=${open}${before}`);
    this.#walk.visit(right);
    this.#edits.insert(node.end, `${after}${close}`);
    return true;
  }

  #growthOf(operator: string): Growth {
    if (operator === '+=') return 'guard';
    if (!this.#hasBigInts) return undefined;
    if (operator === '**=') return 'power';
    if (operator === '<<=') return 'shift';
    return ARITHMETIC.has(operator.slice(0, -1)) ? 'guard' : undefined;
  }

  #grown(read: string, operator: string, growth: Growth): [string, string] {
    if (growth === undefined) {
      if (operator === '=') return ['(', ')'];
      return [`${read}${operator.slice(0, -1)}(`, ')'];
    }
    if (growth !== 'guard') return [`${this.#names[growth]}(${read},`, ')'];
    const [before, after] = this.#resultGuard();
    return [`${before}${read}${operator.slice(0, -1)}(`, `)${after}`];
  }

  /** Keeps what a member's reference is made of; returns how to read it a second time. */
  #keepTarget(target: NodeOf<'MemberExpression'>): string {
    let owner = 'super';
    if (target.object.type !== 'Super') {
      owner = this.#scope.newName();
      this.#edits.insert(target.object.start, `(${owner}=`);
      this.#walk.visit(target.object);
      this.#edits.insert(target.object.end, ')');
    }
    if (!target.computed)
      return `${owner}.${this.#code.slice(target.property.start, target.property.end)}`;
    const key = this.#scope.newName();
    this.#edits.insert(target.property.start, `${key}=`);
    this.#walk.visit(target.property);
    return `${owner}[${key}]`;
  }
}
