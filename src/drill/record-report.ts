import type { Archive } from '../archive/archive.ts';
import type { RecoveryReport } from '../domain/recovery-report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { messageOf } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';

/** Keeps the report in the archive, beside the snapshot. That it could not be kept is told, and changes nothing of what it found. */
export async function recordReport(archive: Archive, snapshot: Snapshot, report: RecoveryReport, options: OperationContext): Promise<void> {
  try {
    await archive.saveReport(snapshot, report, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    options.report?.({ kind: 'note', level: 'warning', text: `the report could not be kept in the archive: ${messageOf(error)}` });
  }
}
