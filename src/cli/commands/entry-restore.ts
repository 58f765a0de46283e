import { parseDn } from '../../domain/dn.ts';
import { wrongUsage } from '../../foundation/failure.ts';
import { formatCount } from '../../foundation/counts.ts';
import { defineCommand } from '../define-command.ts';
import { entryOptions, exportsOfOne, selectionOf } from '../entry-options.ts';
import { entriesReportJson, entriesReportText, exitCodeOfEntries, planOptions, planScene } from '../entry-plan-text.ts';
import { snapshotArgument } from '../find-one.ts';
import { formatTime } from '../snapshot-text.ts';
import { serverOption } from '../server-option.ts';

export const entryRestoreCommand = defineCommand({
  name: 'entry restore',
  summary: 'Put single entries back on the running server',
  description:
    'Makes entries what they were in a snapshot, over LDAP: those that were deleted are added again, below their parents, which are added too where they are missing; those that were renamed or moved get their ' +
    'names back, followed by their entryUUID; the others get their values back. Groups and other entries that named them then, and do not now, name them again. An entry is named by ' +
    'its DN, or found by --where in the snapshot. What was added to a subtree since stays, unless --delete-added is given.\n\n' +
    'It plans first, by what is there now, shows the plan and asks. Before the first change it writes an undo file, with which "rootcellar entry undo" takes everything back. Each changed entry is read back ' +
    'and compared. Attributes of the server itself (entryUUID, timestamps) and stored passwords are kept where the server can be made to take them, and named where not. After a lost connection ' +
    'the same command goes on, as it plans anew. With refused changes or conflicts it ends with 3.',
  arguments: { dns: { summary: 'the DNs of the entries, as they were in the snapshot', isVariadic: true } },
  options: {
    from: {
      type: 'text',
      placeholder: 'SNAPSHOT',
      summary: `which snapshot: ${snapshotArgument.summary}`,
      isRequired: true,
      completes: snapshotArgument.completes,
    },
    where: { ...entryOptions.where, summary: 'also the entries of the snapshot that match this LDAP filter (RFC 4515)' },
    base: { ...entryOptions.base, summary: 'with --where: only at and below this one' },
    subtree: { type: 'flag', summary: 'all below the named entries too' },
    attributes: { type: 'texts', placeholder: 'NAME', summary: 'only these attributes; entries that are gone are not added then' },
    without: { type: 'texts', placeholder: 'NAME', summary: 'leave these attributes out: those that the schema of the server has no more' },
    noReferences: { type: 'flag', summary: 'leave groups and other entries alone that named them' },
    deleteAdded: { type: 'flag', summary: 'with --subtree: delete what was added since' },
    ...planOptions,
    server: serverOption,
  },
  examples: [
    {
      line: 'rootcellar entry restore "cn=Admins,ou=Groups,dc=example,dc=com" --from latest --plan',
      summary: 'what would be done to bring a group back',
    },
    { line: 'rootcellar entry restore "ou=Sales,dc=example,dc=com" --subtree --from latest~1', summary: 'a branch with all below it' },
    {
      line: `rootcellar entry restore --from 3f2a --where '(departmentNumber=42)' --base "ou=People,dc=example,dc=com" --attributes mail,telephoneNumber --yes`,
      summary: 'two attributes of some people, without a question',
    },
  ],
  exits: ['partial', 'archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ dns, from, where, base, subtree, attributes, without, noReferences, deleteAdded, server, ...choice }, context) => {
    for (const dn of dns) parseDn(dn);
    const selection = where === undefined && base === undefined ? undefined : selectionOf({ base, where });
    if (dns.length === 0 && selection === undefined)
      throw wrongUsage('Cannot put entries back: it is not said which', 'give their DNs, or --where with a filter');
    if (deleteAdded && !subtree)
      throw wrongUsage('Cannot delete what was added: that is told of a subtree alone', 'add --subtree, or leave --delete-added out');
    const one = await exportsOfOne(from, server, context);
    const names = [
      ...dns.slice(0, 3).map((dn) => `"${dn}"`),
      ...(dns.length > 3 ? [`${formatCount(dns.length - 3)} more`] : []),
      ...(selection === undefined ? [] : ['what matches']),
    ];
    const what = attributes.length === 0 ? '' : `${attributes.join(', ')} of `;
    const title = `put back ${what}${names.join(', ')}${subtree ? ' with all below' : ''}, as of ${formatTime(one.snapshot.time)} UTC`;
    const { restoreEntries } = await import('../../entries/restore-entries.ts');
    const scene = await planScene(choice, title, context);
    const wanted = {
      from: one,
      dns,
      isSubtree: subtree,
      selection,
      attributes,
      without,
      isWithReferences: !noReferences,
      isDeletingAdded: deleteAdded,
    };
    return { title, isPlanOnly: choice.plan, snapshot: one.snapshot, report: await restoreEntries({ ...scene, ...wanted }, context) };
  },
  render: ({ title, report }, { look }) => entriesReportText(report, title, look),
  json: ({ snapshot: { id, server, backupId, time }, report }) => ({
    snapshot: { id, server, backupId, time },
    ...entriesReportJson(report),
  }),
  exitCodeOf: ({ report, isPlanOnly }) => exitCodeOfEntries(report, isPlanOnly),
});
