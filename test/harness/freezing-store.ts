import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { interceptedStore, type StoreCall } from './intercepted-store.ts';

/**
 * The store of a process that stands still right before its first such call, with all else that it does, and goes on once `meanwhile` has resolved: what
 * others do in that time goes to the store itself.
 */
export function freezingStore(store: ObjectStore, isMoment: (call: StoreCall) => boolean, meanwhile: () => Promise<unknown>): ObjectStore {
  let thaw: Promise<unknown> | undefined;
  return interceptedStore(store, async (call, proceed) => {
    if (thaw === undefined && isMoment(call)) thaw = meanwhile();
    await thaw;
    return proceed();
  });
}
