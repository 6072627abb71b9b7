/**
 * Takes the constructors that make functions of texts away from whoever holds an object of this realm: `f.constructor`
 * is the first step out of a filter's realm into this one. A second wall, should a filter ever get such an object; the
 * first is that it gets none. Code that names `Function` itself goes on working.
 */
export function disarmFunctionConstructors(): void {
  const kinds = [() => {}, async () => {}, function* () {}, async function* () {}];
  for (const kind of kinds) {
    Object.defineProperty(Object.getPrototypeOf(kind), 'constructor', {
      value: function refuse(): never {
        throw new TypeError('Expected no function to be made of a text, got one');
      },
    });
  }
}
