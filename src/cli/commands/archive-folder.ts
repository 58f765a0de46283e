import path from 'node:path';
import { shortId } from '../../domain/find-snapshot.ts';
import { serverNameFrom } from '../../domain/server-name.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import { defineCommand } from '../define-command.ts';

export const archiveCommand = defineCommand({
  name: 'archive',
  summary: 'Archive a folder that is there already',
  description:
    "Archives a backup that the server's own tools made, or any other folder, as one snapshot. The folder is left as it is. " +
    'The snapshot is kept under server.name, otherwise under the name of this machine.',
  arguments: { folder: { summary: 'the folder that holds the backup', isRequired: true, completes: 'folder' } },
  examples: [{ line: 'rootcellar archive /opt/backup --server-name pingdirectory-0', summary: 'what a cron job of the server wrote' }],
  exits: ['archiveMissing', 'busy', 'interrupted'],
  run: async ({ folder }, context) => {
    const { config } = await context.loadConfig();
    const parts = await context.parts();
    const { archiveFolder } = await import('../../backup/archive-folder.ts');
    return archiveFolder(
      {
        archive: await parts.archive(),
        leases: await parts.leases(),
        clock: context.clock,
        program: `rootcellar ${context.programVersion}`,
        folder: path.resolve(folder),
        serverName: config.server.name ?? serverNameFrom(parts.hostName),
      },
      context,
    );
  },
  render: ({ id, server, bytes }, { look }) =>
    `${look.green('Archived')} the folder as snapshot ${look.bold(shortId(id))} of ${server}: ${formatBytes(bytes)}.`,
});
