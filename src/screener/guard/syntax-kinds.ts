import {type AnyNode, childrenOf, type NodeOf} from './filter-syntax.js';

/** Methods whose result may be as large as what they were called on: it is counted when it is there. */
export const MAKING_METHODS = new Set(
  `concat entries filter flat flatMap from fromEntries join keys map match normalize parse replace replaceAll slice splice split
  stringify toLowerCase toReversed toSorted toSpliced toUpperCase values with`.split(/\s+/),
);

/** Properties that may hold a built-in function of which filters get another, which counts, when they don't call it at once. */
export const GUARDED_PROPERTIES = new Set('concat filter map push slice splice unshift'.split(' '));

/** Loops, by the kind of their node. */
export const LOOPS = new Set<AnyNode['type']>([
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
]);

/** Operators that make no text of anything. */
export const ARITHMETIC = new Set('- * / % ** | & ^ << >> >>>'.split(' '));

/** A node without the parentheses around it. */
export function inner(node: AnyNode): AnyNode {
  return node.type === 'ParenthesizedExpression' ? inner(node.expression) : node;
}

/** Whether a call is one of a method whose result may be large. */
export function isMakingCall(node: AnyNode): boolean {
  if (node.type !== 'CallExpression') return false;
  const callee = inner(node.callee);
  return callee.type === 'MemberExpression' && MAKING_METHODS.has(nameOf(callee) ?? '');
}

/** The name of a property, where the code says it. */
export function nameOf({property, computed}: NodeOf<'MemberExpression'>): string | undefined {
  if (!computed) return property.type === 'Identifier' ? property.name : undefined;
  return property.type === 'Literal' && typeof property.value === 'string'
    ? property.value
    : undefined;
}

/** Whether an expression is a number at any rate, where there are no bigints. */
export function isNumber(node: AnyNode): boolean {
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
export function isPlainValue(node: AnyNode): boolean {
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

/** Blanks, comments (those that look like HTML among them) and closing parentheses. */
const GAP =
  /(?:[\n\r\u2028\u2029](?:\s|\/\*[\s\S]*?\*\/)*-->[^\n\r\u2028\u2029]*|\s|\)|\/\*[\s\S]*?\*\/|(?:\/\/|<!--)[^\n\r\u2028\u2029]*)*/y;

/** Where an operator stands that follows a position behind a {@link GAP}; undefined where something else does. */
export function findOperator(code: string, from: number, operator: string): number | undefined {
  GAP.lastIndex = from;
  GAP.exec(code);
  const at = GAP.lastIndex;
  return code.startsWith(operator, at) ? at : undefined;
}

/** As {@link findOperator}. @throws SyntaxError where something else stands there. */
export function operatorAt(code: string, from: number, operator: string): number {
  const at = findOperator(code, from, operator);
  if (at === undefined) throw new SyntaxError(`Expected \`${operator}\``);
  return at;
}

/** What neither calls a function by its syntax nor makes anything but numbers and texts, which are counted themselves. */
const MAKES_NOTHING = new Set<AnyNode['type']>([
  'BinaryExpression',
  'BlockStatement',
  'ChainExpression',
  'ConditionalExpression',
  'Identifier',
  'IfStatement',
  'Literal',
  'LogicalExpression',
  'MemberExpression',
  'ParenthesizedExpression',
  'ReturnStatement',
  'UnaryExpression',
]);

/** Whether no part of a function's body calls, makes or writes anything. */
export function makesNothing(body: AnyNode): boolean {
  const isNothing = MAKES_NOTHING.has(body.type) && !('regex' in body && body.regex);
  return isNothing && childrenOf(body).every(makesNothing);
}
