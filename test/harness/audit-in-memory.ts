import { plainNotes } from '../../src/archive/plain/plain-notes.ts';
import { StoredAudit } from '../../src/archive/stored-audit.ts';
import type { Clock } from '../../src/foundation/clock.ts';
import { MemoryStore } from '../../src/object-stores/memory-store.ts';

/** An audit log of the layout plain that is gone with the test. */
export function auditInMemory(clock: Clock, group = 'directory'): StoredAudit {
  const store = new MemoryStore({ clock });
  return new StoredAudit(store, () => Promise.resolve(plainNotes(store)), group);
}
