import type { FoundEntry } from '../../entries/look/find-entries.ts';
import { wrongUsage } from '../../foundation/failure.ts';
import { formatCount } from '../../foundation/counts.ts';
import { defineCommand } from '../define-command.ts';
import { entryOptions, exportsOfAll, exportsOfOne, selectionOf, textMatcher } from '../entry-options.ts';
import { snapshotArgument } from '../find-one.ts';
import { printable } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import { formatTime } from '../snapshot-text.ts';
import { renderTable } from '../table.ts';

const usualLimit = 1000;

export const entryFindCommand = defineCommand({
  name: 'entry find',
  summary: 'Find entries of the directory in snapshots',
  description:
    'Looks for entries by their DN, by an LDAP filter (RFC 4515), by a text in any of their values, or by several of these together, in every snapshot of the ' +
    'archive that has an export of the entries, or in one with --from. An entry is followed by its entryUUID, so that one that was renamed is told once; the ' +
    'columns say in which snapshot it was seen first and last. What several snapshots have in common is read once. A DN is found by the index of each export, ' +
    'in a few reads; a filter or a text looks at every entry.\n\n' +
    'Stored passwords and other secrets are never searched by --text.',
  options: {
    dn: { type: 'text', placeholder: 'DN', summary: 'the entry of this name' },
    where: entryOptions.where,
    text: { type: 'text', placeholder: 'TEXT', summary: 'entries with this text in a value or in their DN, in whatever case' },
    base: entryOptions.base,
    from: {
      type: 'text',
      placeholder: 'SNAPSHOT',
      summary: `only in this snapshot: ${snapshotArgument.summary}`,
      completes: snapshotArgument.completes,
    },
    limit: { type: 'count', placeholder: 'N', summary: `stop after so many entries; ${formatCount(usualLimit)} unless told` },
    server: serverOption,
  },
  examples: [
    { line: "rootcellar entry find --where '(mail=jane.doe@*)'", summary: 'who had that address, and when' },
    { line: 'rootcellar entry find --text "Project Blue" --from latest', summary: 'a text in the newest snapshot' },
    { line: 'rootcellar entry find --dn "cn=Admins,ou=Groups,dc=example,dc=com" --json', summary: 'in which snapshots a group is' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ dn, where, text, base, from, limit = usualLimit, server }, context) => {
    if (dn === undefined && where === undefined && text === undefined && base === undefined) {
      throw wrongUsage('Cannot look for entries: it is not said for which', 'add --dn, --where, --text or --base');
    }
    const { baseDn, matches } = selectionOf({ base, where });
    const hasText = text === undefined ? () => true : textMatcher(text);
    const snapshots = from === undefined ? await exportsOfAll(server, context) : [await exportsOfOne(from, server, context)];
    const selection = { baseDn, matches: (entry: Parameters<typeof matches>[0]) => matches(entry) && hasText(entry) };
    const { findEntries, inScope } = await import('../../entries/look/find-entries.ts');
    if (dn === undefined) return { looked: snapshots.length, ...(await findEntries(snapshots, selection, { ...context, atMost: limit })) };
    const { findByName } = await import('../../entries/look/find-by-name.ts');
    const found = (await findByName(snapshots, dn, context)).filter(({ entry }) => inScope(selection)(entry));
    return { looked: snapshots.length, found, isAll: true };
  },
  render: ({ found, isAll, looked }, { look }) =>
    [
      ...(found.length === 0
        ? []
        : [
            renderTable(
              [
                { title: 'entry', cell: ({ dn }) => printable(dn) },
                { title: 'first seen (UTC)', cell: ({ oldest }) => formatTime(oldest.time), align: 'right' },
                { title: 'last seen (UTC)', cell: ({ newest }) => formatTime(newest.time), align: 'right' },
                { title: 'in', cell: ({ newest }) => shortId(newest.id) },
                { title: 'snapshots', cell: ({ snapshots }) => `${formatCount(snapshots)} of ${formatCount(looked)}`, align: 'right' },
              ],
              found,
              look,
            ),
            '',
          ]),
      `${formatCount(found.length)} ${found.length === 1 ? 'entry' : 'entries'} found in ${formatCount(looked)} ${looked === 1 ? 'snapshot' : 'snapshots'}.${
        isAll ? '' : ' There are more: give a --limit, or search for less.'
      }`,
    ].join('\n'),
  json: ({ found, isAll, looked }) => ({ snapshots: looked, isAll, entries: found.map(foundJson) }),
});

function foundJson({ dn, uuid, snapshots, oldest, newest }: FoundEntry): Record<string, unknown> {
  const seen = ({ id, server, backupId, time }: FoundEntry['oldest']) => ({ id, server, backupId, time });
  return { dn, entryUuid: uuid, snapshots, first: seen(oldest), last: seen(newest) };
}
