import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { Notes } from '../notes.ts';

/** In the layout `plain` notes lie as they are, as all else does. */
export function plainNotes(store: ObjectStore): Notes {
  return {
    write: async (key, json, signal) => {
      await store.put(key, json, { signal });
    },
    read: async (key, signal) => {
      try {
        return await store.get(key, { signal });
      } catch (error) {
        if (isFailure(error, 'E_OBJECT_MISSING') || isFailure(error, 'E_OBJECT_DAMAGED')) return undefined;
        throw error;
      }
    },
  };
}
