import { shortId } from '../../domain/find-snapshot.ts';
import { keyTime, openKeys } from '../archive-keys.ts';
import { defineCommand } from '../define-command.ts';
import { printable } from '../look.ts';
import { renderTable } from '../table.ts';

export const keyListCommand = defineCommand({
  name: 'key list',
  summary: 'List the keys of the archive: the passwords that open it',
  description:
    'Lists the keys of an archive of the layout repository, newest first. Each is opened by one password; the star is at the one that opened ' +
    'the archive just now. User, host and date are what its maker wrote. A damaged key is named, and the others work.\n\n' +
    'With --json it prints one array; each element has id, created, user, host, isInUse and damage (null where there is none).',
  examples: [
    { line: 'rootcellar key list', summary: 'who can open the archive' },
    { line: "rootcellar key list --json | jq -r '.[] | select(.isInUse).id'", summary: 'the ID of the key in use' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async (_input, context) => {
    const { keys } = await openKeys('list keys', context);
    return keys.list(context.signal);
  },
  render: (keys, { look }) =>
    renderTable(
      [
        { title: ' id', cell: ({ id, isInUse }) => `${isInUse ? '*' : ' '}${shortId(id)}` },
        { title: 'created (UTC)', cell: ({ created }) => keyTime(created) },
        { title: 'user', cell: ({ username }) => printable(username) },
        { title: 'host', cell: ({ hostname }) => printable(hostname) },
        { title: 'state', cell: ({ damage }) => (damage === undefined ? look.green('whole') : look.red(printable(damage))) },
      ],
      keys,
      look,
    ),
  json: (keys) =>
    keys.map(({ id, created, username, hostname, isInUse, damage }) => ({
      id,
      created,
      user: username,
      host: hostname,
      isInUse,
      damage: damage ?? null,
    })),
});
