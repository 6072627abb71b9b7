import type {Bindings} from './bindings.js';
import {CallWriter} from './call-writer.js';
import type {CodeEdits} from './code-edits.js';
import {type AnyNode, childrenOf, type FunctionNode, type NodeOf} from './filter-syntax.js';
import {FunctionScope, LOOPS_BYTES} from './function-scope.js';
import {GrowthWriter} from './growth-writer.js';
import type {GuardNames} from './guarded-code.js';
import {RowReadWriter} from './row-read-writer.js';
import {inner, isPlainValue, LOOPS, makesNothing, operatorAt} from './syntax-kinds.js';

/**
 * Bytes that a character of code is counted as whenever it runs. `[],` makes an empty list of 32 bytes; most code makes
 * nothing.
 */
const BYTES_PER_CHARACTER = 16;

/** Options of {@link GuardWriter}. */
export interface GuardWriterOptions {
  readonly code: string;
  readonly edits: CodeEdits;
  readonly names: GuardNames;
  readonly hasBigInts: boolean;
  readonly bindings: Bindings;
}

/** What stands before and after what a function begins with. */
interface ScopeTexts {
  readonly before?: string;
  readonly after?: string;
  /** Whether its runs needn't be counted. */
  readonly isFree?: boolean;
}

/** Walks a filter's tree in the order of its text, and writes the guards. */
export class GuardWriter {
  readonly #code: string;
  readonly #edits: CodeEdits;
  readonly #names: GuardNames;
  readonly #scope: FunctionScope;
  readonly #growth: GrowthWriter;
  readonly #calls: CallWriter;

  constructor(options: GuardWriterOptions) {
    const {code, edits, names, bindings} = options;
    this.#code = code;
    this.#edits = edits;
    this.#names = names;
    this.#scope = new FunctionScope(names.local);
    const walk = {
      visit: (node: AnyNode) => this.#visit(node),
      visitChildren: (node: AnyNode) => this.#visitChildren(node),
    };
    const rowReads = new RowReadWriter({code, edits, names, walk, bindings});
    this.#calls = new CallWriter({edits, names, walk, rowReads});
    this.#growth = new GrowthWriter({...options, scope: this.#scope, walk, rowReads});
  }

  /** To be called once. */
  write(root: FunctionNode): void {
    this.#visitFunction(root);
  }

  #visit(node: AnyNode): void {
    if (LOOPS.has(node.type)) {
      this.#visitLoop(node);
      return;
    }
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.#visitFunction(node);
        break;
      case 'StaticBlock':
        this.#visitStaticBlock(node);
        break;
      case 'PropertyDefinition':
        if (node.computed) this.#visit(node.key);
        if (node.value) this.#visitApart(node.value);
        return;
      case 'Program':
      case 'BlockStatement':
        this.#visitList(node.body);
        break;
      case 'SwitchCase':
        if (node.test) this.#visit(node.test);
        this.#visitList(node.consequent);
        break;
      case 'BinaryExpression':
        this.#growth.writeBinary(node);
        break;
      case 'AssignmentExpression':
        this.#visitAssignment(node);
        break;
      case 'TemplateLiteral':
        if (node.expressions.length === 0) return;
        this.#wrap(node, [`${this.#names.text}(`, ')']);
        break;
      case 'TaggedTemplateExpression':
        this.#calls.leaveBare(node.tag);
        this.#visit(node.tag);
        this.#visitChildren(node.quasi);
        break;
      case 'SpreadElement':
        this.#visitSpread(node.argument, this.#names.spread);
        break;
      case 'ObjectExpression':
        this.#visitObject(node);
        break;
      case 'ChainExpression':
        this.#calls.writeChain(node);
        break;
      case 'CallExpression':
        this.#calls.writeCall(node);
        break;
      case 'MemberExpression':
        this.#calls.writeMember(node);
        break;
      case 'UpdateExpression':
        this.#calls.leaveBare(node.argument);
        this.#growth.writeOneOperand(node);
        break;
      case 'UnaryExpression':
        if (node.operator === 'delete') this.#calls.leaveBare(node.argument);
        this.#growth.writeOneOperand(node);
        break;
      case 'VariableDeclarator':
        this.#visitDeclarator(node);
        break;
      case 'ArrayPattern':
      case 'ObjectPattern':
        this.#visitPattern(node);
        break;
      default:
        this.#visitChildren(node);
        break;
    }
  }

  #visitChildren(node: AnyNode): void {
    for (const child of childrenOf(node)) this.#visit(child);
  }

  /** Statements one after another. One may begin with what is written in, and must not go on what stands before it. */
  #visitList(statements: readonly AnyNode[]): void {
    for (const statement of statements) {
      const isPlain =
        statement.type === 'ExpressionStatement' &&
        !('directive' in statement && statement.directive);
      if (isPlain) this.#edits.insert(statement.start, ';');
      this.#visit(statement);
    }
  }

  #wrap(node: AnyNode, [before, after]: readonly [string, string]): void {
    this.#edits.insert(node.start, before);
    this.#visitChildren(node);
    this.#edits.insert(node.end, after);
  }

  // Functions and loops

  #chargeFunction(node: AnyNode, hasLoops: boolean): string {
    const {fuel, refuel} = this.#names;
    const bytes = bytesOf(node) + (hasLoops ? LOOPS_BYTES : 0);
    return `if((${fuel}-=${bytes})<0)${fuel}=${refuel}(0);`;
  }

  #chargeLoop(node: AnyNode): string {
    const left = this.#scope.loopsName();
    const bytes = bytesOf(node);
    return `if((${left}-=${bytes})<0)${left}=${this.#names.loops}(${bytes});`;
  }

  #visitFunction(node: FunctionNode): void {
    for (const param of node.params) this.#visitParameter(param);
    const body: AnyNode = node.body;
    // A callback that only reckons: what calls it as often as it does is a built-in function, which counts what it makes.
    const isFree = this.#calls.isArgument(node) && makesNothing(body);
    if (body.type !== 'BlockStatement') {
      this.#visitArrowBody(body, isFree);
      return;
    }
    const directive = body.body.findLast(s => s.type === 'ExpressionStatement' && s.directive);
    const at = directive?.end ?? body.start + 1;
    // The directives have nothing to visit.
    const before = directive ? ';' : '';
    this.#inScope(at, body, () => this.#visitList(body.body), {before, isFree});
  }

  #visitStaticBlock(node: NodeOf<'StaticBlock'>): void {
    const at = operatorAt(this.#code, node.start + 'static'.length, '{') + 1;
    this.#inScope(at, node, () => this.#visitList(node.body));
  }

  #visitArrowBody(body: AnyNode, isFree: boolean): void {
    const texts = {before: '{', after: 'return ', isFree};
    this.#inScope(body.start, body, () => this.#visit(body), texts);
    this.#edits.insert(body.end, ';}');
  }

  /** What has names of its own; they are declared, and the run of it is counted, at its beginning. */
  #inScope(
    at: number,
    node: AnyNode,
    visit: () => void,
    {before = '', after = '', isFree = false}: ScopeTexts = {},
  ): void {
    const head = this.#edits.insert(at);
    const {declarations, hasLoops} = this.#scope.within(visit);
    const charge = isFree ? '' : this.#chargeFunction(node, hasLoops);
    head.text = `${before}${declarations}${charge}${after}`;
  }

  /** Parameters are outside of their function's names: what runs there gets a function of its own. */
  #visitParameter(node: AnyNode): void {
    switch (node.type) {
      case 'AssignmentPattern':
        this.#visitParameter(node.left);
        this.#visitApart(node.right);
        break;
      case 'Property':
        if (node.computed) this.#visitApart(node.key);
        this.#visitParameter(node.value);
        break;
      default:
        for (const child of childrenOf(node)) this.#visitParameter(child);
    }
  }

  /** An expression as the body of a function of its own, where more than a value stands in it. */
  #visitApart(node: AnyNode): void {
    if (isPlainValue(node)) return;
    // A function has its name by its place.
    if (inner(node).type.endsWith('FunctionExpression')) {
      this.#visit(node);
      return;
    }
    const texts = {before: '(()=>{', after: 'return '};
    this.#inScope(node.start, node, () => this.#visit(node), texts);
    this.#edits.insert(node.end, ';})()');
  }

  #visitLoop(node: AnyNode): void {
    for (const child of childrenOf(node)) {
      const isBody = 'body' in node && child === node.body;
      if (!isBody) {
        if (node.type.startsWith('For') && 'left' in node && child === node.left)
          this.#calls.leaveBare(child);
        this.#visit(child);
        continue;
      }
      const isBlock = child.type === 'BlockStatement';
      this.#edits.insert(
        child.start + (isBlock ? 1 : 0),
        `${isBlock ? '' : '{'}${this.#chargeLoop(node)}`,
      );
      this.#visit(child);
      if (!isBlock) this.#edits.insert(child.end, '}');
    }
  }

  // Lists and objects

  #visitSpread(argument: AnyNode, name: string): void {
    this.#edits.insert(argument.start, `${name}(`);
    this.#visit(argument);
    this.#edits.insert(argument.end, ')');
  }

  #visitObject(node: AnyNode): void {
    for (const property of childrenOf(node)) {
      if (property.type === 'SpreadElement') {
        this.#visitSpread(property.argument, this.#names.spreadObject);
      } else if (property.type === 'Property') {
        if (property.computed) this.#visit(property.key);
        this.#visit(property.value);
      } else {
        this.#visit(property);
      }
    }
  }

  // Patterns

  #visitDeclarator(node: NodeOf<'VariableDeclarator'>): void {
    this.#visit(node.id);
    if (node.init) this.#visitMatched(node.id, node.init);
  }

  #visitAssignment(node: NodeOf<'AssignmentExpression'>): void {
    const {operator, left, right} = node;
    this.#calls.leaveBare(left);
    if (this.#growth.writeAssignment(node)) return;
    this.#visit(left);
    if (operator === '=') this.#visitMatched(left, right);
    else this.#visit(right);
  }

  /** A value that a pattern takes the rest of, which is a copy. */
  #visitMatched(pattern: AnyNode, value: AnyNode): void {
    const hasRest =
      (pattern.type === 'ArrayPattern' && pattern.elements.at(-1)?.type === 'RestElement') ||
      (pattern.type === 'ObjectPattern' && pattern.properties.at(-1)?.type === 'RestElement');
    if (!hasRest) {
      this.#visit(value);
      return;
    }
    const {spread, spreadObject} = this.#names;
    this.#visitSpread(value, pattern.type === 'ArrayPattern' ? spread : spreadObject);
  }

  #visitPattern(node: AnyNode): void {
    for (const child of childrenOf(node)) {
      if (child.type === 'Property') {
        if (child.computed) this.#visit(child.key);
        this.#visitPatternPart(child.value);
      } else {
        this.#visitPatternPart(child);
      }
    }
  }

  #visitPatternPart(node: AnyNode): void {
    if (node.type === 'AssignmentPattern') {
      this.#visitPatternPart(node.left);
      this.#visit(node.right);
      return;
    }
    if (node.type === 'RestElement') {
      this.#visitPatternPart(node.argument);
      return;
    }
    this.#calls.leaveBare(node);
    this.#visit(node);
  }
}

function bytesOf(node: AnyNode): number {
  return BYTES_PER_CHARACTER * (node.end - node.start);
}
