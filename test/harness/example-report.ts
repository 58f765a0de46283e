import type { RecoveryReport } from '../../src/domain/recovery-report.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';

/** What a restore that proved `snapshot` wrote down. */
export function exampleReport(snapshot: Snapshot, parts: Partial<RecoveryReport> = {}): RecoveryReport {
  return {
    version: 1,
    kind: 'restore',
    outcome: 'proven',
    snapshot: snapshot.id,
    backupId: snapshot.backupId,
    server: snapshot.server,
    time: '2026-11-24T10:00:00.123Z',
    milliseconds: 61_000,
    program: 'rootcellar test',
    target: 'OpenDJ 5.0.3 at ldaps://127.0.0.1:1636',
    steps: [{ name: 'restore', milliseconds: 60_000 }],
    proofs: [
      {
        server: 'prod',
        backend: 'userRoot',
        baseDn: 'dc=example,dc=com',
        by: 'entries',
        state: 'equal',
        expectedEntries: 5,
        foundEntries: 5,
      },
    ],
    ...parts,
  };
}
