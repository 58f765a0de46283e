import { Failure } from '../../src/foundation/failure.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';

/** A store that one can be cut off from: then every call fails, as on a machine whose network is gone. */
export interface CutOffStore {
  readonly store: ObjectStore;
  isCutOff: boolean;
}

export function cutOffStore(store: ObjectStore): CutOffStore {
  const fail = (): never => {
    throw new Failure('E_STORE_UNREACHABLE', 'Cannot reach the store: the network is gone', { retry: 'later' });
  };
  const cut: CutOffStore = {
    isCutOff: false,
    store: new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...words: readonly unknown[]): unknown => {
          if (!cut.isCutOff) return Reflect.apply(value, target, words);
          // Listings are read, the others awaited: each fails in its own manner.
          return name === 'list' || name === 'listUnfinished' || name === 'getStream' ? failing(fail) : Promise.reject(errorOf(fail));
        };
      },
    }),
  };
  return cut;
}

function errorOf(fail: () => never): unknown {
  try {
    return fail();
  } catch (error) {
    return error;
  }
}

async function* failing(fail: () => never): AsyncGenerator<never> {
  yield fail();
}
