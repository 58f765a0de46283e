import { Failure } from '../foundation/failure.ts';
import type { JournalDocument } from './restore-journal.ts';

/** What anybody is told who would work on a server whose topology is in the middle of a restore. */
export function unfinished({ server, backupId, began, direction }: JournalDocument, attempt: string): Failure {
  const what = direction === 'back' ? 'the roll-back of a restore' : 'a restore';
  const goOn = direction === 'back' ? '' : `run "rootcellar restore ${backupId} --topology", which goes on where it was, or `;
  return new Failure(
    'E_RESTORE_UNFINISHED',
    `Cannot ${attempt}: ${what} of ${backupId} into ${server}, begun at ${began}, has not come to its end, and replication may be suspended`,
    { hint: `${goOn}run "rootcellar roll-back"` },
  );
}
