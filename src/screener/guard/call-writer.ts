import type {CodeEdits} from './code-edits.js';
import type {AnyNode, NodeOf} from './filter-syntax.js';
import type {TreeWalk} from './growth-writer.js';
import type {GuardNames} from './guarded-code.js';
import type {RowReadWriter} from './row-read-writer.js';
import {GUARDED_PROPERTIES, inner, isMakingCall, nameOf} from './syntax-kinds.js';

/** Options of {@link CallWriter}. */
export interface CallWriterOptions {
  readonly edits: CodeEdits;
  readonly names: GuardNames;
  readonly walk: TreeWalk;
  readonly rowReads: RowReadWriter;
}

/** Writes what counts the results of methods, and what stands in for built-in functions that are not called at once. */
export class CallWriter {
  readonly #edits: CodeEdits;
  readonly #names: GuardNames;
  readonly #walk: TreeWalk;
  readonly #rowReads: RowReadWriter;
  /** Nodes of which the value isn't asked for, or that can't stand in a call: targets, and parts of an optional chain. */
  readonly #bare = new Set<AnyNode>();
  readonly #arguments = new Set<object>();

  constructor({edits, names, walk, rowReads}: CallWriterOptions) {
    this.#edits = edits;
    this.#names = names;
    this.#walk = walk;
    this.#rowReads = rowReads;
  }

  /** Whether a node is given to a function that is called there. */
  isArgument(node: object): boolean {
    return this.#arguments.has(node);
  }

  /** Has a node left as it is. */
  leaveBare(node: AnyNode): void {
    this.#bare.add(inner(node));
  }

  writeCall(node: NodeOf<'CallExpression'>): void {
    if (this.#rowReads.writeCall(node)) return;
    for (const argument of node.arguments) this.#arguments.add(argument);
    const callee = inner(node.callee);
    // A built-in constructor needs no `this`.
    const isConstructor = callee.type === 'MemberExpression' && nameOf(callee) === 'constructor';
    if (!isConstructor) this.#bare.add(callee);
    if (this.#bare.has(node) || !isMakingCall(node)) {
      this.#walk.visitChildren(node);
      return;
    }
    this.#count(node);
  }

  writeChain(node: NodeOf<'ChainExpression'>): void {
    this.#markChain(node.expression);
    const isCounted = !this.#bare.has(node) && isMakingCall(node.expression);
    if (!isCounted) {
      this.#walk.visitChildren(node);
      return;
    }
    this.#count(node);
  }

  /** Between `?.` and its end nothing can be wrapped: it would no longer be left out with the rest. */
  #markChain(node: AnyNode): void {
    this.#bare.add(node);
    if (node.type === 'CallExpression') this.#markChain(node.callee);
    else if (node.type === 'MemberExpression') this.#markChain(node.object);
  }

  writeMember(node: NodeOf<'MemberExpression'>): void {
    const name = nameOf(node);
    const isGuarded =
      name === 'constructor' || (name !== undefined && GUARDED_PROPERTIES.has(name));
    if (this.#bare.has(node) || !isGuarded) {
      this.#visitMemberParts(node);
      return;
    }
    // In parentheses: it may be what `new` makes.
    this.#edits.insert(node.start, `(${this.#names.guarded}(`);
    this.#visitMemberParts(node);
    this.#edits.insert(node.end, '))');
  }

  #visitMemberParts(node: NodeOf<'MemberExpression'>): void {
    this.#walk.visit(node.object);
    if (node.computed) this.#walk.visit(node.property);
  }

  #count(node: AnyNode): void {
    this.#edits.insert(node.start, `${this.#names.made}(`);
    this.#walk.visitChildren(node);
    this.#edits.insert(node.end, ')');
  }
}
