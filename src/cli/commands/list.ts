import { defineCommand } from '../define-command.ts';
import { serverOption } from '../server-option.ts';
import { countOf, snapshotTable } from '../snapshot-text.ts';
import { formatBytes } from '../../foundation/sizes.ts';

export const listCommand = defineCommand({
  name: 'list',
  summary: 'List the snapshots, newest first',
  description:
    'Lists the snapshots of the archive, newest first. State: complete · suspicious (kept, but far smaller than the one before) · ' +
    'unlisted (left by "aws s3 sync", without a manifest) · damaged.\n\n' +
    'With --json it prints one array; each element has id, time (RFC 3339, UTC), server, backends, bytes and state, provenAt where a restore or drill has proven it, and pinned (at, by, reason, until) where no forget drops it.',
  options: { server: serverOption },
  examples: [
    { line: 'rootcellar list', summary: 'what is there' },
    { line: "rootcellar list --json | jq -r '.[0].id'", summary: 'the ID of the newest' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'interrupted'],
  run: async ({ server }, context) => {
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    return { server, snapshots: await archive.list({ server }, context) };
  },
  render: ({ server, snapshots }, context) => {
    if (snapshots.length === 0)
      return server === undefined ? 'There are no snapshots yet.' : `There are no snapshots of the server "${server}".`;
    const bytes = snapshots.reduce((sum, snapshot) => sum + snapshot.bytes, 0);
    return `${snapshotTable(snapshots, context)}\n${context.look.dim(`${countOf(snapshots.length, 'snapshot')}, ${formatBytes(bytes)}`)}`;
  },
  json: ({ snapshots }) => snapshots,
});
