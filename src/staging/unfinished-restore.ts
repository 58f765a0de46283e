import { Failure } from '../foundation/failure.ts';
import type { JournalDocument } from './restore-journal.ts';

/** What anybody is told who would work on a server whose topology is in the middle of a restore. */
export function unfinished(journal: JournalDocument, attempt: string): Failure {
  const { server, backupId, began, direction } = journal;
  const what = direction === 'back' ? 'the roll-back of a restore' : 'a restore';
  const goOn = direction === 'back' ? '' : `run "${lineOfRestore(journal)}", which goes on where it was, or `;
  return new Failure(
    'E_RESTORE_UNFINISHED',
    `Cannot ${attempt}: ${what} of ${backupId} into ${server}, begun at ${began}, has not come to its end, and replication may be suspended`,
    { hint: `${goOn}run "rootcellar roll-back"` },
  );
}

/** The command line by which the restore of a topology goes on: with other backends, or from something else, it would be another one. */
export function lineOfRestore({ backupId, source, backends }: Pick<JournalDocument, 'backupId' | 'source' | 'backends'>): string {
  const chosen = backends.map((backend) => ` --backend ${backend}`).join('');
  return `rootcellar restore ${backupId}${chosen} --topology${source === 'export' ? ' --from-export' : ''}`;
}
