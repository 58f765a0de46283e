import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { ReportContents } from '../stored-reports.ts';

/** In the layout `plain` a report lies as it is, as all else does. */
export function plainReports(store: ObjectStore): ReportContents {
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
