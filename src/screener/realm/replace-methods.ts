/** A built-in method, or what stands in its place. */
export type Method = (this: never, ...args: never[]) => unknown;

/** Puts methods in the places of built-in ones; names that the owner doesn't have are left out. */
export function replaceMethods(
  owner: object,
  methods: Readonly<Record<PropertyKey, Method>>,
): void {
  for (const key of Reflect.ownKeys(methods)) {
    const native = Object.getOwnPropertyDescriptor(owner, key);
    if (native === undefined) continue;
    const value = methods[key]!;
    Object.defineProperty(value, 'length', {value: (native.value as Method).length});
    Object.defineProperty(owner, key, {...native, value});
  }
}
