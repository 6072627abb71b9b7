/** The one importer of the package, for the pools of this folder. */
export {Piscina} from 'piscina';

/**
 * For a worker whose file is an ES module: without it Piscina tries `require()` first, and Node 20 aborts the whole process now
 * and then where a worker is ended amid that (`v8::Module::IsGraphAsync`). By `import()` it can be ended at any time.
 */
export const IMPORT_FLAG = '--no-experimental-require-module';
