import path from 'node:path';
import { shortId } from '../../domain/find-snapshot.ts';
import { serverNameFrom } from '../../domain/server-name.ts';
import { exitCodes } from '../../foundation/failure.ts';
import { defineCommand } from '../define-command.ts';
import { failureJson, lockFailureLines } from '../lock-text.ts';
import { savedText } from '../snapshot-text.ts';

export const archiveCommand = defineCommand({
  name: 'archive',
  summary: 'Archive a folder that is there already',
  description:
    "Archives a backup that the server's own tools made, or any other folder, as one snapshot. The folder is left as it is. " +
    'The snapshot is kept under server.name, otherwise under the name of this machine. It ends with 3 when locks could not be extended.',
  arguments: { folder: { summary: 'the folder that holds the backup', isRequired: true, completes: 'folder' } },
  examples: [{ line: 'rootcellar archive /opt/backup --server-name pingdirectory-0', summary: 'what a cron job of the server wrote' }],
  exits: ['partial', 'archiveMissing', 'wrongKey', 'busy', 'interrupted'],
  run: async ({ folder }, context) => {
    const { config } = await context.loadConfig();
    const parts = await context.parts();
    const { archiveFolder } = await import('../../backup/archive-folder.ts');
    const archive = await parts.archive();
    const snapshot = await archiveFolder(
      {
        archive,
        leases: await parts.leases(),
        clock: context.clock,
        program: `rootcellar ${context.programVersion}`,
        folder: path.resolve(folder),
        serverName: config.server.name ?? serverNameFrom(parts.hostName),
      },
      context,
    );
    const { extendLocksAfter } = await import('../../backup/extend-locks-after.ts');
    return { snapshot, ...(await extendLocksAfter(archive, context)) };
  },
  render: ({ snapshot, lockFailure }, { look }) =>
    [
      `${look.green('Archived')} the folder as snapshot ${look.bold(shortId(snapshot.id))} of ${snapshot.server}: ${savedText(snapshot)}.`,
      ...lockFailureLines(lockFailure, look),
    ].join('\n'),
  json: ({ snapshot, locks, lockFailure }) => ({
    ...snapshot,
    locksExtended: locks?.extended ?? null,
    lockFailure: failureJson(lockFailure),
  }),
  exitCodeOf: ({ lockFailure }) => (lockFailure === undefined ? exitCodes.success : exitCodes.partial),
});
