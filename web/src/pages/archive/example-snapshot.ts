import type { ListedSnapshot } from '../../api/snapshots.ts';

/** A snapshot as the agent lists it, for tests. */
export function listedSnapshot(facts: Partial<ListedSnapshot>): ListedSnapshot {
  return {
    id: 'a1'.repeat(32),
    time: '2026-11-26T10:00:00.000Z',
    server: 'ds-1',
    backupId: '20261126100000Z',
    backends: ['userRoot', 'schema'],
    bytes: 1000,
    state: 'complete',
    remarks: [],
    ...facts,
  };
}
