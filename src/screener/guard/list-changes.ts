import {type Bindings, type BoundValue, POSITION_PARAMETERS} from './bindings.js';
import {type AnyNode, childrenOf, type FunctionNode, type NodeOf} from './filter-syntax.js';
import {ARITHMETIC, inner, nameOf} from './syntax-kinds.js';

/**
 * Names of properties by which a filter could change a list: built-in methods that do; those that call a function with an
 * object of the caller's choice for its `this`, be it one of the former; what leads to these.
 */
const CHANGING = new Set(
  `push pop shift unshift splice sort reverse fill copyWithin
  call apply bind callee caller constructor prototype __proto__ toJSON
  assign defineProperty defineProperties setPrototypeOf getOwnPropertyDescriptor getOwnPropertyDescriptors
  __defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__`.split(/\s+/),
);

/**
 * Methods that take an object for the `this` of the function that they are given, behind so many arguments. With fewer they change
 * nothing, but only a call by that very name shows how many there are.
 */
const WITH_THIS: ReadonlyMap<string, number> = new Map(
  Object.entries({
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
  }),
);

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
 * A doubt counts as a change. All of a filter's code stands here: none is made of a text, and what it calls besides is built
 * in, or a helper that changes no list. What would change one has a name, so all names of properties have to be readable,
 * or numbers.
 */
export function mayChangeLists(root: FunctionNode, bindings: Bindings): boolean {
  return new ListReading(bindings).hasChange(childrenOf(root));
}

/** Looks through a filter for what might change a list. */
class ListReading {
  readonly #bindings: Bindings;
  /** Members that are called right there. */
  readonly #called = new Set<AnyNode>();
  /** Names that are numbers wherever they get a value. */
  readonly #numbers: ReadonlySet<string>;
  /** Names that are numbers, or texts that name nothing of the above. */
  readonly #keys: ReadonlySet<string>;

  constructor(bindings: Bindings) {
    this.#bindings = bindings;
    this.#numbers = namesWhere(bindings, (value, numbers) => this.#isNumber(value, numbers));
    this.#keys = namesWhere(bindings, (value, keys) => this.#isHarmlessKey(value, keys));
  }

  hasChange(nodes: AnyNode[]): boolean {
    const open = nodes;
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (OPAQUE.has(node.type) || this.#isChange(node)) return true;
      open.push(...childrenOf(node));
    }
    return false;
  }

  #isChange(node: AnyNode): boolean {
    switch (node.type) {
      case 'Identifier':
        return UNSEEN.has(node.name);
      case 'MemberExpression':
        return this.#isChangingMember(node);
      case 'CallExpression':
        return this.#isChangingCall(node);
      case 'AssignmentExpression':
      case 'ForInStatement':
      case 'ForOfStatement':
        return writesMember(node.left);
      case 'UpdateExpression':
        return writesMember(node.argument);
      case 'UnaryExpression':
        return node.operator === 'delete';
      // In a pattern it takes a function out of an object, in an object it puts one in, to be called by whatever name.
      case 'Property':
        return node.computed || isTelling(keyOf(node)) || POSITION_PARAMETERS.has(keyOf(node));
      default:
        return false;
    }
  }

  #isChangingMember(node: NodeOf<'MemberExpression'>): boolean {
    const name = nameOf(node);
    if (name === undefined) return !this.#isHarmlessKey(node.property, this.#keys);
    return CHANGING.has(name) || (WITH_THIS.has(name) && !this.#called.has(node));
  }

  #isChangingCall({callee, arguments: given}: NodeOf<'CallExpression'>): boolean {
    const called = inner(callee);
    if (called.type !== 'MemberExpression') return false;
    this.#called.add(called);
    const count = WITH_THIS.get(nameOf(called) ?? '');
    return count !== undefined && (given.length > count || given.some(isSpread));
  }

  /** Whether an element's name is a number, or a text that names nothing of the above; `keys` are names that are. */
  #isHarmlessKey(value: BoundValue, keys: ReadonlySet<string>): boolean {
    if (this.#isNumber(value, this.#numbers)) return true;
    if (typeof value === 'string') return false;
    const node = inner(value);
    if (node.type === 'Literal') return typeof node.value === 'string' && !isTelling(node.value);
    if (node.type === 'Identifier') return keys.has(node.name);
    if (node.type !== 'ConditionalExpression') return false;
    return this.#isHarmlessKey(node.consequent, keys) && this.#isHarmlessKey(node.alternate, keys);
  }

  /** Whether a value is a number, or a bigint, at any rate; `numbers` are names that are. */
  #isNumber(value: BoundValue, numbers: ReadonlySet<string>): boolean {
    if (typeof value === 'string') return value === 'position';
    const node = inner(value);
    switch (node.type) {
      case 'Literal':
        return typeof node.value === 'number';
      case 'Identifier':
        return numbers.has(node.name);
      case 'UnaryExpression':
        return ['-', '+', '~'].includes(node.operator);
      case 'UpdateExpression':
        return true;
      case 'BinaryExpression':
      case 'AssignmentExpression':
        // Of two texts it could be a third.
        if (node.operator === '+' || node.operator === '+=') {
          return this.#isNumber(node.left, numbers) && this.#isNumber(node.right, numbers);
        }
        return ARITHMETIC.has(node.operator.replace(/=$/, ''));
      case 'ConditionalExpression':
        return this.#isNumber(node.consequent, numbers) && this.#isNumber(node.alternate, numbers);
      case 'CallExpression':
        return this.#isCallOfMath(node);
      default:
        return false;
    }
  }

  #isCallOfMath(node: NodeOf<'CallExpression'>): boolean {
    const callee = inner(node.callee);
    if (callee.type !== 'MemberExpression' || callee.computed) return false;
    const {object} = callee;
    return object.type === 'Identifier' && object.name === 'Math' && !this.#bindings.has('Math');
  }
}

/** The names of which every value is as asked, where what a name is may depend on other names. */
function namesWhere(
  bindings: Bindings,
  holds: (value: BoundValue, names: ReadonlySet<string>) => boolean,
): Set<string> {
  const names = new Set(bindings.keys());
  let sizeBefore: number;
  do {
    sizeBefore = names.size;
    for (const name of names) {
      if (!bindings.get(name)!.every(value => holds(value, names))) names.delete(name);
    }
  } while (names.size < sizeBefore);
  return names;
}

function isTelling(name: string): boolean {
  return CHANGING.has(name) || WITH_THIS.has(name);
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
