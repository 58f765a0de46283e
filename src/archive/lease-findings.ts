import type { ObjectStore } from '../object-stores/object-store.ts';
import type { ObjectFinding } from './archive.ts';
import { findUnreadableLeases } from './lease.ts';

/** What is wrong with leases, which harms nobody. */
export async function leaseFindings(store: ObjectStore, signal: AbortSignal | undefined): Promise<readonly ObjectFinding[]> {
  const finding = 'cannot be read, and so keeps nobody away; the next run for its server writes it anew';
  return (await findUnreadableLeases(store, signal)).map((object) => ({ object, finding, isDamage: false, remedy: undefined }));
}
