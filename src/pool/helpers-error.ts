/** The module of helpers can't be used: it is missing, throws, imports a module of Node's, or exports no function. */
export class HelpersError extends Error {
  override readonly name = 'HelpersError';
  readonly code = 'helpers_invalid';
}
