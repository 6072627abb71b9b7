import type {AssignmentExpression, BinaryExpression, MemberExpression} from 'acorn';
import type {CodeEdits, Insertion} from './code-edits.js';
import {type AnyNode, childrenOf, type FunctionNode} from './filter-syntax.js';
import type {GuardNames} from './guarded-code.js';

/**
 * Bytes that a character of code is counted as whenever it runs. `[],` makes an empty list of 32 bytes; most code makes
 * nothing.
 */
const BYTES_PER_CHARACTER = 16;

/** Methods whose result may be as large as what they were called on: it is counted when it is there. */
const MAKING_METHODS = new Set(
  `concat entries filter flat flatMap from fromEntries join keys map match normalize parse replace replaceAll slice splice split
  stringify toLowerCase toReversed toSorted toSpliced toUpperCase values with`.split(/\s+/),
);

/** Properties that may hold a built-in function of which filters get another, which counts, when they don't call it at once. */
const GUARDED_PROPERTIES = new Set('concat filter map push slice splice unshift'.split(' '));

/** Loops, by the kind of their node. */
const LOOPS = new Set<AnyNode['type']>([
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
]);

/** Operators that make no text of anything. */
const ARITHMETIC = new Set('- * / % ** | & ^ << >> >>>'.split(' '));

/** How a compound assignment's value may be larger than what it is made of. */
type Growth = 'guard' | 'power' | 'shift' | undefined;

/** A function's own names for what is between two steps of an expression. */
interface Locals {
  count: number;
  /** Whether the first, for results, is used. */
  usesResult: boolean;
}

/** Options of {@link GuardWriter}. */
export interface GuardWriterOptions {
  readonly code: string;
  readonly edits: CodeEdits;
  readonly names: GuardNames;
  readonly hasBigInts: boolean;
}

/** Walks a filter's tree in the order of its text, and writes the guards. */
export class GuardWriter {
  readonly #code: string;
  readonly #edits: CodeEdits;
  readonly #names: GuardNames;
  readonly #hasBigInts: boolean;
  #locals: Locals = {count: 0, usesResult: false};
  /** Nodes of which the value isn't asked for, or that can't stand in a call: targets, and parts of an optional chain. */
  readonly #bare = new Set<AnyNode>();

  constructor({code, edits, names, hasBigInts}: GuardWriterOptions) {
    this.#code = code;
    this.#edits = edits;
    this.#names = names;
    this.#hasBigInts = hasBigInts;
  }

  /** To be called once. */
  write(root: FunctionNode): void {
    this.#visitFunction(root);
  }

  #visit(node: AnyNode): void {
    if (LOOPS.has(node.type)) return this.#visitLoop(node);
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.#visitFunction(node);
      case 'StaticBlock':
        return this.#inScope(this.#operatorAt(node.start + 'static'.length, '{') + 1, node, () => {
          this.#visitList(node.body);
        });
      case 'PropertyDefinition':
        if (node.computed) this.#visit(node.key);
        if (node.value) this.#visitApart(node.value);
        return;
      case 'Program':
      case 'BlockStatement':
        return this.#visitList(node.body);
      case 'SwitchCase':
        if (node.test) this.#visit(node.test);
        return this.#visitList(node.consequent);
      case 'BinaryExpression':
        return this.#visitBinary(node);
      case 'AssignmentExpression':
        return this.#visitAssignment(node);
      case 'TemplateLiteral':
        if (node.expressions.length === 0) return;
        return this.#wrap(node, [`${this.#names.text}(`, ')']);
      case 'TaggedTemplateExpression':
        this.#bare.add(inner(node.tag));
        this.#visit(node.tag);
        return this.#visitChildren(node.quasi);
      case 'SpreadElement':
        return this.#visitSpread(node.argument, this.#names.spread);
      case 'ObjectExpression':
        return this.#visitObject(node);
      case 'ChainExpression':
        return this.#visitChain(node);
      case 'CallExpression':
        return this.#visitCall(node);
      case 'MemberExpression':
        return this.#visitMember(node);
      case 'UpdateExpression':
        this.#bare.add(inner(node.argument));
        return this.#visitOneOperand(node);
      case 'UnaryExpression':
        if (node.operator === 'delete') this.#bare.add(inner(node.argument));
        return this.#visitOneOperand(node);
      case 'VariableDeclarator':
        return this.#visitDeclarator(node);
      case 'ArrayPattern':
      case 'ObjectPattern':
        return this.#visitPattern(node);
      default:
        return this.#visitChildren(node);
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

  #charge(node: AnyNode): string {
    const {fuel, refuel} = this.#names;
    const bytes = BYTES_PER_CHARACTER * (node.end - node.start);
    return `if((${fuel}-=${bytes})<0)${fuel}=${refuel}(0);`;
  }

  #visitFunction(node: FunctionNode): void {
    for (const param of node.params) this.#visitParameter(param);
    const body: AnyNode = node.body;
    if (body.type !== 'BlockStatement') return this.#visitArrowBody(body);
    const directive = body.body.findLast(s => s.type === 'ExpressionStatement' && s.directive);
    const at = directive?.end ?? body.start + 1;
    // The directives have nothing to visit.
    this.#inScope(at, body, () => this.#visitList(body.body), directive ? ';' : '');
  }

  #visitArrowBody(body: AnyNode): void {
    this.#inScope(body.start, body, () => this.#visit(body), '{', 'return ');
    this.#edits.insert(body.end, ';}');
  }

  /** What has names of its own; they are declared, and the run of it is counted, at its beginning. */
  #inScope(at: number, node: AnyNode, visit: () => void, before = '', after = ''): void {
    const outer = this.#locals;
    this.#locals = {count: 0, usesResult: false};
    const head = this.#edits.insert(at);
    visit();
    head.text = `${before}${this.#declarations()}${this.#charge(node)}${after}`;
    this.#locals = outer;
  }

  #declarations(): string {
    const {count, usesResult} = this.#locals;
    const names = Array.from({length: count}, (_, i) => this.#local(i + 1));
    if (usesResult) names.push(this.#local(0));
    return names.length === 0 ? '' : `var ${names.join(',')};`;
  }

  #local(i: number): string {
    return `${this.#names.local}${i}`;
  }

  #newLocal(): string {
    return this.#local(++this.#locals.count);
  }

  /** Parameters are outside of their function's names: what runs there gets a function of its own. */
  #visitParameter(node: AnyNode): void {
    switch (node.type) {
      case 'AssignmentPattern':
        this.#visitParameter(node.left);
        return this.#visitApart(node.right);
      case 'Property':
        if (node.computed) this.#visitApart(node.key);
        return this.#visitParameter(node.value);
      default:
        for (const child of childrenOf(node)) this.#visitParameter(child);
    }
  }

  /** An expression as the body of a function of its own, where more than a value stands in it. */
  #visitApart(node: AnyNode): void {
    if (isPlainValue(node)) return;
    // A function has its name by its place.
    if (inner(node).type.endsWith('FunctionExpression')) return this.#visit(node);
    this.#inScope(node.start, node, () => this.#visit(node), '(()=>{', 'return ');
    this.#edits.insert(node.end, ';})()');
  }

  #visitLoop(node: AnyNode): void {
    for (const child of childrenOf(node)) {
      const isBody = 'body' in node && child === node.body;
      if (!isBody) {
        if (node.type.startsWith('For') && 'left' in node && child === node.left)
          this.#markTarget(child);
        this.#visit(child);
        continue;
      }
      const isBlock = child.type === 'BlockStatement';
      this.#edits.insert(
        child.start + (isBlock ? 1 : 0),
        `${isBlock ? '' : '{'}${this.#charge(node)}`,
      );
      this.#visit(child);
      if (!isBlock) this.#edits.insert(child.end, '}');
    }
  }

  // Texts, and numbers that may grow

  /** Counts the result where it is a text: V8 finds the kind of a number's sum without asking. */
  #resultGuard(): readonly [string, string] {
    if (this.#hasBigInts) return [`${this.#names.bigInt}(`, ')'];
    this.#locals.usesResult = true;
    const result = this.#local(0);
    const {text} = this.#names;
    return [`(typeof(${result}=`, `)==='string'?${text}(${result}):${result})`];
  }

  #visitBinary(node: BinaryExpression): void {
    const {operator, left, right} = node;
    if (this.#hasBigInts && (operator === '**' || operator === '<<')) {
      return this.#visitByFunction(node, operator === '**' ? this.#names.power : this.#names.shift);
    }
    const mayGrow = this.#hasBigInts
      ? operator === '+' || ARITHMETIC.has(operator)
      : operator === '+';
    if (!mayGrow || (!this.#hasBigInts && isNumber(left) && isNumber(right))) {
      return this.#visitChildren(node);
    }
    const [before, after] = this.#resultGuard();
    this.#edits.insert(node.start, before);
    this.#visitSum(node);
    this.#edits.insert(node.end, after);
  }

  /** Of a bigint it makes another as large. */
  #visitOneOperand(node: Extract<AnyNode, {type: 'UpdateExpression' | 'UnaryExpression'}>): void {
    const mayBeLarge = this.#hasBigInts && /[-+~]/.test(node.operator);
    if (!mayBeLarge) return this.#visitChildren(node);
    this.#wrap(node, [`${this.#names.bigInt}(`, ')']);
  }

  /** Of `a + b + c` only the whole is looked at: its parts are bounded, and so is their number. */
  #visitSum(node: BinaryExpression): void {
    const {left, right, operator} = node;
    if (operator === '+' && left.type === 'BinaryExpression' && left.operator === '+') {
      this.#visitSum(left);
    } else {
      this.#visit(left);
    }
    this.#visit(right);
  }

  #visitByFunction(node: BinaryExpression, name: string): void {
    this.#edits.insert(node.start, `${name}(`);
    this.#visit(node.left);
    const at = this.#operatorAt(node.left.end, node.operator);
    this.#edits.replace(at, at + node.operator.length, ',');
    this.#visit(node.right);
    this.#edits.insert(node.end, ')');
  }

  #visitAssignment(node: AssignmentExpression): void {
    const {operator, right} = node;
    const target = inner(node.left);
    this.#markTarget(target);
    const isLength = target.type === 'MemberExpression' && nameOf(target) === 'length';
    const growth = this.#growthOf(operator);
    const isPlain = operator === '=' && !isLength;
    const isMember = target.type === 'MemberExpression';
    if ((!growth && !isLength) || isPlain || (!isMember && target.type !== 'Identifier')) {
      if (operator === '=') return this.#visitPatternAssignment(node);
      return this.#visitChildren(node);
    }
    const read = isMember ? this.#visitTarget(target) : (target as {readonly name: string}).name;
    const at = this.#operatorAt(node.left.end, operator);
    const [before, after] = this.#grown(read, operator, growth);
    const isSuper = isMember && target.object.type === 'Super';
    const owner = read.slice(0, read.search(/[.[]/));
    const counted = isLength && !isSuper ? [`${this.#names.setLength}(${owner},`, ')'] : ['', ''];
    this.#edits.replace(at, at + operator.length, `=${counted[0]}${before}`);
    this.#visit(right);
    this.#edits.insert(node.end, `${after}${counted[1]}`);
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
  #visitTarget(target: MemberExpression): string {
    let owner = 'super';
    if (target.object.type !== 'Super') {
      owner = this.#newLocal();
      this.#edits.insert(target.object.start, `(${owner}=`);
      this.#visit(target.object);
      this.#edits.insert(target.object.end, ')');
    }
    if (!target.computed)
      return `${owner}.${this.#code.slice(target.property.start, target.property.end)}`;
    const key = this.#newLocal();
    this.#edits.insert(target.property.start, `${key}=`);
    this.#visit(target.property);
    return `${owner}[${key}]`;
  }

  /** Where an operator stands that follows a position, behind blanks, comments and closing parentheses. */
  #operatorAt(from: number, operator: string): number {
    const gap = /(?:\s|\)|\/\*[^]*?\*\/|\/\/[^\n\r\u2028\u2029]*)*/y;
    gap.lastIndex = from;
    gap.exec(this.#code);
    const at = gap.lastIndex;
    if (!this.#code.startsWith(operator, at)) throw new SyntaxError(`Expected \`${operator}\``);
    return at;
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

  #visitCall(node: Extract<AnyNode, {type: 'CallExpression'}>): void {
    const callee = inner(node.callee);
    // A built-in constructor needs no `this`.
    const isConstructor = callee.type === 'MemberExpression' && nameOf(callee) === 'constructor';
    if (!isConstructor) this.#bare.add(callee);
    if (this.#bare.has(node) || !isMakingCall(node)) return this.#visitChildren(node);
    this.#wrap(node, [`${this.#names.made}(`, ')']);
  }

  #visitChain(node: Extract<AnyNode, {type: 'ChainExpression'}>): void {
    this.#markChain(node.expression);
    const isCounted = !this.#bare.has(node) && isMakingCall(node.expression);
    if (!isCounted) return this.#visitChildren(node);
    this.#wrap(node, [`${this.#names.made}(`, ')']);
  }

  /** Between `?.` and its end nothing can be wrapped: it would no longer be left out with the rest. */
  #markChain(node: AnyNode): void {
    this.#bare.add(node);
    if (node.type === 'CallExpression') this.#markChain(node.callee);
    else if (node.type === 'MemberExpression') this.#markChain(node.object);
  }

  #visitMember(node: MemberExpression): void {
    const name = nameOf(node);
    const isGuarded =
      name === 'constructor' || (name !== undefined && GUARDED_PROPERTIES.has(name));
    if (this.#bare.has(node) || !isGuarded) return this.#visitMemberParts(node);
    // In parentheses: it may be what `new` makes.
    this.#edits.insert(node.start, `(${this.#names.guarded}(`);
    this.#visitMemberParts(node);
    this.#edits.insert(node.end, '))');
  }

  #visitMemberParts(node: MemberExpression): void {
    this.#visit(node.object);
    if (node.computed) this.#visit(node.property);
  }

  // Patterns

  #markTarget(node: AnyNode): void {
    this.#bare.add(inner(node));
  }

  #visitDeclarator(node: Extract<AnyNode, {type: 'VariableDeclarator'}>): void {
    this.#visit(node.id);
    if (node.init) this.#visitMatched(node.id, node.init);
  }

  #visitPatternAssignment({left, right}: AssignmentExpression): void {
    this.#visit(left);
    this.#visitMatched(left, right);
  }

  /** A value that a pattern takes the rest of, which is a copy. */
  #visitMatched(pattern: AnyNode, value: AnyNode): void {
    const hasRest =
      (pattern.type === 'ArrayPattern' && pattern.elements.at(-1)?.type === 'RestElement') ||
      (pattern.type === 'ObjectPattern' && pattern.properties.at(-1)?.type === 'RestElement');
    if (!hasRest) return this.#visit(value);
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
      return this.#visit(node.right);
    }
    if (node.type === 'RestElement') return this.#visitPatternPart(node.argument);
    this.#markTarget(node);
    this.#visit(node);
  }
}

/** A node without the parentheses around it. */
function inner(node: AnyNode): AnyNode {
  return node.type === 'ParenthesizedExpression' ? inner(node.expression) : node;
}

/** Whether a call is one of a method whose result may be large. */
function isMakingCall(node: AnyNode): boolean {
  if (node.type !== 'CallExpression') return false;
  const callee = inner(node.callee);
  return callee.type === 'MemberExpression' && MAKING_METHODS.has(nameOf(callee) ?? '');
}

/** The name of a property, where the code says it. */
function nameOf({property, computed}: MemberExpression): string | undefined {
  if (!computed) return property.type === 'Identifier' ? property.name : undefined;
  return property.type === 'Literal' && typeof property.value === 'string'
    ? property.value
    : undefined;
}

/** Whether an expression is a number at any rate, where there are no bigints. */
function isNumber(node: AnyNode): boolean {
  switch (node.type) {
    case 'ParenthesizedExpression':
      return isNumber(node.expression);
    case 'Literal':
      return typeof node.value === 'number';
    case 'UpdateExpression':
      return true;
    case 'UnaryExpression':
      return node.operator === '-' || node.operator === '+' || node.operator === '~';
    case 'BinaryExpression':
      if (node.operator === '+') return isNumber(node.left) && isNumber(node.right);
      return ARITHMETIC.has(node.operator);
    default:
      return false;
  }
}

/** Whether an expression runs nothing. */
function isPlainValue(node: AnyNode): boolean {
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'ThisExpression':
      return true;
    case 'ParenthesizedExpression':
      return isPlainValue(node.expression);
    case 'UnaryExpression':
      return isPlainValue(node.argument);
    case 'ArrayExpression':
      return node.elements.length === 0;
    case 'ObjectExpression':
      return node.properties.length === 0;
    default:
      return false;
  }
}
