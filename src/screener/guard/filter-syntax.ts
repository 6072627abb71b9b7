import {type AnyNode, type Function as FunctionNode, type Node, parse} from 'acorn';

export type {AnyNode, FunctionNode};

/** A node of a kind. */
export type NodeOf<Kind extends AnyNode['type']> = Extract<AnyNode, {type: Kind}>;

/** What a filter can't be: each would let it out of what is written into its code, or out of its realm. */
const REFUSED: Readonly<Partial<Record<AnyNode['type'], string>>> = {
  // A call of it near the stack's end throws an error of Node's realm, as it runs Node's code before any that could refuse it.
  ImportExpression: 'import()',
  // Its object answers for any name in it, that of what is written in included.
  WithStatement: '`with`',
};

/** What was read of a filter's code. */
export interface FilterSyntax {
  /** The function that the code is the body of. */
  readonly root: FunctionNode;
  /** Every name in it, escapes read. */
  readonly names: ReadonlySet<string>;
  /** Whether it may hold a bigint. */
  readonly hasBigInts: boolean;
}

/**
 * Reads a function expression in parentheses.
 * @throws SyntaxError where acorn can't read it, or it holds what a filter can't.
 */
export function readFilter(code: string): FilterSyntax {
  const program = parse(code, {
    ecmaVersion: 'latest',
    sourceType: 'script',
    // Else an arrow's body would begin behind its parenthesis.
    preserveParens: true,
  });
  const names = new Set<string>();
  let hasBigInts = false;
  const open: AnyNode[] = [program];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const refused = REFUSED[node.type];
    if (refused !== undefined)
      throw new SyntaxError(`Expected a filter without ${refused}, got one`);
    if (node.type === 'Identifier') {
      names.add(node.name);
      hasBigInts ||= node.name.startsWith('BigInt');
    }
    if (node.type === 'Literal') hasBigInts ||= typeof node.value === 'bigint';
    for (const child of childrenOf(node)) open.push(child);
  }
  return {root: rootOf(program), names, hasBigInts};
}

function rootOf(program: AnyNode): FunctionNode {
  const [statement] = program.type === 'Program' ? program.body : [];
  const outer = statement?.type === 'ExpressionStatement' ? statement.expression : undefined;
  const root = outer?.type === 'ParenthesizedExpression' ? outer.expression : undefined;
  if (root?.type !== 'FunctionExpression') throw new SyntaxError('Expected the body of a function');
  return root;
}

/** The nodes right below a node, in the order of the text. */
export function childrenOf(node: Node): AnyNode[] {
  const found: AnyNode[] = [];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string' && typeof child.start === 'number') found.push(child);
    }
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  // `{a}` and `{a = 1}` have the name for a key and, again, in their value.
  const children: AnyNode[] = [];
  for (const child of found) {
    if (child.start >= (children.at(-1)?.end ?? 0)) children.push(child);
  }
  return children;
}
