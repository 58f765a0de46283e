import type { ObjectStore } from '../../src/object-stores/object-store.ts';

const writes: ReadonlySet<string | symbol> = new Set(['put', 'putStream', 'delete']);

/** The store, of which only the first `operations` writes or deletes happen: a killed process does nothing any more. */
export function dyingStore(store: ObjectStore, operations: number): ObjectStore {
  let left = operations;
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...words: unknown[]): unknown => {
        if (writes.has(name) && left-- <= 0) return Promise.reject(new Error('killed'));
        return Reflect.apply(value, target, words);
      };
    },
  });
}
