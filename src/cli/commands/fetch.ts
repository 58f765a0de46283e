import path from 'node:path';
import { shortId } from '../../domain/find-snapshot.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import { defineCommand } from '../define-command.ts';
import { findOne, snapshotArgument } from '../find-one.ts';
import { serverOption } from '../server-option.ts';
import { countOf } from '../snapshot-text.ts';

export const fetchCommand = defineCommand({
  name: 'fetch',
  summary: 'Write the files of a snapshot into a folder',
  description:
    'Writes the files of a snapshot into a folder and checks every byte. No server is needed or touched. A fetch that was cut off goes on ' +
    'where it was when it is run again.',
  arguments: { id: snapshotArgument },
  options: {
    to: {
      type: 'text',
      placeholder: 'FOLDER',
      summary: 'an empty folder, or one that is not there yet',
      isRequired: true,
      completes: 'folder',
    },
    partial: { type: 'flag', summary: 'of a damaged snapshot what is left of it; otherwise it is refused' },
    server: serverOption,
  },
  examples: [{ line: 'rootcellar fetch latest --to /tmp/restored', summary: 'the newest good snapshot' }],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ id, to, partial, server }, context) => {
    const { archive, snapshot } = await findOne(id, server, context);
    const { fetchSet } = await import('../../restore/fetch.ts');
    return fetchSet(archive, snapshot, path.resolve(to), { ...context, isPartAccepted: partial });
  },
  render: ({ snapshot, folder, files, bytes, reusedBytes }, { look }) =>
    `${look.green('Fetched')} snapshot ${look.bold(shortId(snapshot.id))} of ${snapshot.server} to ${folder}: ${countOf(files, 'file')}, ${formatBytes(bytes)}` +
    `${reusedBytes > 0 ? `, of which ${formatBytes(reusedBytes)} were there already` : ''}; every byte was checked.`,
});
