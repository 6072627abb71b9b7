/** The one importer of the package, for the pools of this folder. */
export {Piscina} from 'piscina';
