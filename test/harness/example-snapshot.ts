import { createHash } from 'node:crypto';
import type { SavedSnapshot } from '../../src/archive/archive.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';

/** A good snapshot of server `prod`; its ID is of its server and time unless told. */
export function exampleSnapshot(parts: Partial<Snapshot> = {}): Snapshot {
  const { time = '2026-11-23T10:46:46.000Z', server = 'prod' } = parts;
  return {
    id: createHash('sha256').update(`${server} ${time}`).digest('hex'),
    time,
    server,
    backupId: `${time.replaceAll(/[-:T]/g, '').slice(0, 14)}Z`,
    backends: ['userRoot'],
    bytes: 1000,
    state: 'complete',
    remarks: [],
    ...parts,
  };
}

/** A snapshot that was just saved, as it is listed from then on. */
export function asListed({ newBytes: _new, storedBytes: _stored, ...snapshot }: SavedSnapshot): Snapshot {
  return snapshot;
}
