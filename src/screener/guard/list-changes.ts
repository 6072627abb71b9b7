import {type AnyNode, childrenOf, type FunctionNode, type NodeOf} from './filter-syntax.js';
import {inner, nameOf} from './syntax-kinds.js';

/**
 * Names of properties by which a filter could change a list: built-in methods that do; those that call a function with an
 * object of the caller's choice for its `this`, be it one of the former under another name; what leads to these.
 */
const CHANGING = new Set(
  `push pop shift unshift splice sort reverse fill copyWithin
  call apply bind callee caller constructor prototype __proto__ toJSON
  assign defineProperty defineProperties setPrototypeOf
  __defineGetter__ __defineSetter__`.split(/\s+/),
);

/** Methods that take an object for the `this` of the function that they are given: behind this many arguments. */
const WITH_THIS: Readonly<Record<string, number>> = {
  every: 1,
  filter: 1,
  find: 1,
  findIndex: 1,
  findLast: 1,
  findLastIndex: 1,
  flatMap: 1,
  forEach: 1,
  from: 2,
  fromAsync: 2,
  map: 1,
  some: 1,
  // Its second argument is called on whatever holds a value.
  stringify: 1,
};

/** Globals that do the like, or run what can't be seen here. */
const UNSEEN = new Set('Function Proxy Reflect Symbol eval globalThis'.split(' '));

/** Syntax that calls something on an object, or writes to one, without saying so by a name. */
const OPAQUE = new Set<AnyNode['type']>([
  'ClassDeclaration',
  'ClassExpression',
  'MetaProperty',
  'Super',
  'TaggedTemplateExpression',
  'ThisExpression',
]);

/**
 * Whether a filter's code might change a list that it was given: put in, take out, move or replace one of its elements. Most
 * only read, and of their lists a helper needs not look whether all rows are still those that were handed out; to look took
 * a tenth of a screening.
 *
 * A doubt counts as a change: an element's name that is reckoned says nothing as long as what it names is not called on the
 * list. All of a filter's code stands here: none is made of a text, and what it calls besides is built in, or a helper
 * that changes no list.
 */
export function mayChangeLists(root: FunctionNode): boolean {
  const open = childrenOf(root);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (OPAQUE.has(node.type) || isChange(node)) return true;
    open.push(...childrenOf(node));
  }
  return false;
}

function isChange(node: AnyNode): boolean {
  switch (node.type) {
    case 'Identifier':
      return UNSEEN.has(node.name);
    case 'MemberExpression':
      return CHANGING.has(nameOf(node) ?? '');
    case 'CallExpression':
      return isChangingCall(node);
    case 'AssignmentExpression':
    case 'ForInStatement':
    case 'ForOfStatement':
      return writesMember(node.left);
    case 'UpdateExpression':
      return writesMember(node.argument);
    case 'UnaryExpression':
      return node.operator === 'delete';
    // In a pattern it takes a function off a list, which then can't be called on it; in an object it is a method of that one's.
    case 'Property':
      return node.computed || CHANGING.has(keyOf(node));
    default:
      return false;
  }
}

/** What is called on an object has to have a name that can be read. */
function isChangingCall({callee, arguments: given}: NodeOf<'CallExpression'>): boolean {
  const called = inner(callee);
  if (called.type !== 'MemberExpression') return false;
  const name = nameOf(called);
  if (name === undefined) return true;
  const count = WITH_THIS[name];
  return count !== undefined && (given.length > count || given.some(isSpread));
}

function isSpread(node: AnyNode): boolean {
  return node.type === 'SpreadElement';
}

/** Whether what stands on an assignment's left, or in a declaration, writes to an object's member. */
function writesMember(target: AnyNode): boolean {
  const {type} = inner(target);
  if (type === 'Identifier' || type === 'VariableDeclaration') return false;
  if (type === 'MemberExpression') return true;
  return childrenOf(inner(target)).some(writesPart);
}

/** A part of a pattern: names, further patterns, and whatever is reckoned in them. */
function writesPart(node: AnyNode): boolean {
  if (node.type === 'MemberExpression') return true;
  return childrenOf(node).some(writesPart);
}

function keyOf({key}: NodeOf<'Property'>): string {
  if (key.type === 'Identifier') return key.name;
  return key.type === 'Literal' ? String(key.value) : '';
}
