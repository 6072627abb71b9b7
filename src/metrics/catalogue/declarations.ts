import type {FamilyOptions, FamilyType} from '../family.js';

/** Families by their name in code. */
export type Declarations = Readonly<Record<string, FamilyOptions & {readonly type: FamilyType}>>;
