import {type AnyNode, childrenOf, type FunctionNode} from './filter-syntax.js';
import {inner, nameOf} from './syntax-kinds.js';

/** What a name gets somewhere: the value of an expression, the position in a list, or what can't be told. */
export type BoundValue = AnyNode | 'position' | 'unknown';

/** All that the names in a filter get anywhere in it, by name and whatever their scope: two of one name are taken for one. */
export type Bindings = ReadonlyMap<string, readonly BoundValue[]>;

/** Methods of lists that call a function with an element's position, and which of its parameters that is. */
export const POSITION_PARAMETERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    every: 1,
    filter: 1,
    find: 1,
    findIndex: 1,
    findLast: 1,
    findLastIndex: 1,
    flatMap: 1,
    map: 1,
    reduce: 2,
    reduceRight: 2,
    some: 1,
  }),
);

/** Reads what each name in a function is declared as or assigned. */
export function bindingsIn(root: FunctionNode): Bindings {
  const found = new Map<string, BoundValue[]>();
  const positions = new Set<AnyNode>();
  const bind = (name: string, value: BoundValue) => {
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  };
  const bindAll = (target: AnyNode) => {
    for (const name of namesIn(target)) bind(name, 'unknown');
  };
  const bindTarget = (target: AnyNode, value: BoundValue) => {
    const to = inner(target);
    if (to.type === 'Identifier') bind(to.name, value);
    else if (to.type !== 'MemberExpression') bindAll(to);
  };
  for (const parameter of root.params) bindAll(parameter);
  const open = childrenOf(root);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    switch (node.type) {
      case 'VariableDeclarator':
        // Without a value it has none yet, or in a loop over something that one's.
        if (node.init) bindTarget(node.id, node.init);
        else bindAll(node.id);
        break;
      case 'AssignmentExpression':
        if (['=', '??=', '||=', '&&='].includes(node.operator)) bindTarget(node.left, node.right);
        // A number, but where texts are put together.
        else bindTarget(node.left, node);
        break;
      case 'ForInStatement':
      case 'ForOfStatement':
        if (node.left.type !== 'VariableDeclaration') bindAll(node.left);
        break;
      case 'CallExpression': {
        const parameter = positionParameterOf(node);
        if (parameter !== undefined) positions.add(parameter);
        break;
      }
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        if (node.id) bind(node.id.name, 'unknown');
        for (const parameter of node.params) {
          bindTarget(parameter, positions.has(parameter) ? 'position' : 'unknown');
        }
        break;
      case 'ClassDeclaration':
      case 'ClassExpression':
        if (node.id) bind(node.id.name, 'unknown');
        break;
      case 'CatchClause':
        if (node.param) bindAll(node.param);
        break;
      default:
        break;
    }
    open.push(...childrenOf(node));
  }
  return found;
}

/** The parameter of a function that a list's method calls, written where it is called, that is an element's position. */
function positionParameterOf(
  node: Extract<AnyNode, {type: 'CallExpression'}>,
): AnyNode | undefined {
  const callee = inner(node.callee);
  const [callback] = node.arguments;
  if (callee.type !== 'MemberExpression' || callback?.type !== 'ArrowFunctionExpression') {
    return undefined;
  }
  const position = POSITION_PARAMETERS.get(nameOf(callee) ?? '');
  const parameter = position === undefined ? undefined : callback.params[position];
  return parameter?.type === 'Identifier' ? parameter : undefined;
}

/** Every name in a pattern, those that are only read in it too. */
function namesIn(pattern: AnyNode): string[] {
  if (pattern.type === 'Identifier') return [pattern.name];
  return childrenOf(pattern).flatMap(namesIn);
}
