import {existsSync} from 'node:fs';
import {createRequire, isBuiltin} from 'node:module';
import {pathToFileURL} from 'node:url';

/** Another file, by its whole name. */
const NEIGHBOUR = /^(?:file:|\.{1,2}\/).*\.(?:[cm]?js|json)$/;

/**
 * The file that an ES module means by a specifier, as Node finds it: of a package with several builds the one for `import`.
 * Beyond that, as bundlers do, one whose ending is left out.
 * @throws Error whose message says what wasn't found, or that it is a module of Node's.
 */
export async function moduleUrl(specifier: string, parent: string): Promise<string> {
  refuseBuiltin(specifier, parent);
  // Most modules import nothing but their neighbours, and need no resolver to be loaded.
  if (NEIGHBOUR.test(specifier)) return new URL(specifier, parent).href;
  const {resolve} = await import('import-meta-resolve');
  const url = resolve(specifier, parent);
  return existsSync(new URL(url)) ? url : requiredUrl(specifier, parent);
}

/** The file that a CommonJS module means by a specifier. @throws as {@link moduleUrl}. */
export function requiredUrl(specifier: string, parent: string): string {
  refuseBuiltin(specifier, parent);
  return pathToFileURL(createRequire(parent).resolve(specifier)).href;
}

function refuseBuiltin(specifier: string, parent: string): void {
  if (!isBuiltin(specifier)) return;
  throw new Error(`Expected ${parent} to import no module of Node's, got \`${specifier}\``);
}
