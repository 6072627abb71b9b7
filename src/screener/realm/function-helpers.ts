import {harden} from './hardening.js';

/**
 * What filters get as `helpers`: a hardened object of what a module exports by name or, where it is CommonJS or has only a
 * default export, of that one's properties.
 * @throws TypeError where none of it is a function.
 */
export function functionHelpers(exported: Readonly<Record<string, unknown>>): object {
  const {default: single, ...named} = exported;
  const hasNamed = Object.values(named).some(value => typeof value === 'function');
  const source = hasNamed || typeof single !== 'object' ? named : single;
  const helpers = {...source} as Record<string, unknown>;
  if (!Object.values(helpers).some(value => typeof value === 'function')) {
    throw new TypeError('Expected it to export functions, got none');
  }
  return harden(helpers);
}
