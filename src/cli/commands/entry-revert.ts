import { assertOfServer, findSnapshot } from '../../domain/find-snapshot.ts';
import { BlockCache } from '../../entries/exports/block-cache.ts';
import { openExports } from '../../entries/exports/snapshot-exports.ts';
import { wrongUsage } from '../../foundation/failure.ts';
import { defineCommand, type CommandContext } from '../define-command.ts';
import { entryOptions, selectionOf } from '../entry-options.ts';
import { entriesReportJson, entriesReportText, exitCodeOfEntries, planOptions, planScene } from '../entry-plan-text.ts';
import { snapshotArgument } from '../find-one.ts';
import { serverOption } from '../server-option.ts';
import { formatTime } from '../snapshot-text.ts';

const conflictChoices = ['skip', 'force', 'stop'] as const;

export const entryRevertCommand = defineCommand({
  name: 'entry revert',
  summary: 'Undo on the running server what changed between two snapshots',
  description:
    'Finds which entries changed between two snapshots, and undoes these changes over LDAP and no others: what a bad script changed, added, deleted or renamed in that window goes back, what came later stays. --where says of which ' +
    'entries, as they were before or after. An attribute with several values is undone value by value. What has changed again since the window is a conflict: shown, and left alone, ' +
    'unless --on-conflict says otherwise.\n\n' +
    'It plans first, by what is there now, shows the plan and asks. Before the first change it writes an undo file, with which "rootcellar entry undo" takes everything back. Each changed entry is read back ' +
    'and compared. After a lost connection the same command goes on, as it plans anew. With refused changes or conflicts it ends with 3.',
  arguments: {
    snapshots: {
      summary: 'the two snapshots, where --between does not name them',
      isVariadic: true,
      completes: snapshotArgument.completes,
    },
  },
  options: {
    between: {
      type: 'texts',
      placeholder: 'SNAPSHOT',
      summary: `the snapshot before the changes, and the one after them: ${snapshotArgument.summary}`,
      completes: snapshotArgument.completes,
    },
    where: { ...entryOptions.where, summary: 'only entries that match this LDAP filter before or after (RFC 4515)' },
    base: entryOptions.base,
    onConflict: {
      type: 'text',
      placeholder: 'CHOICE',
      summary: `what has changed again: ${conflictChoices.join(', ')}; skip unless told`,
      completes: conflictChoices,
    },
    ...planOptions,
    server: serverOption,
  },
  examples: [
    { line: 'rootcellar entry revert --between latest~1 latest --plan', summary: 'what would undo all changes of the last window' },
    {
      line: `rootcellar entry revert --between 3f2a 91c0 --where '(objectClass=inetOrgPerson)' --base "ou=People,dc=example,dc=com"`,
      summary: 'the changes of people',
    },
    { line: 'rootcellar entry revert --between latest~1 latest --on-conflict stop --yes', summary: 'all or nothing, without a question' },
  ],
  exits: ['partial', 'archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ snapshots, between, where, base, onConflict: wanted = 'skip', server, ...choice }, context) => {
    const onConflict = conflictChoices.find((one) => one === wanted);
    if (onConflict === undefined)
      throw wrongUsage(`Cannot treat conflicts by "${wanted}": there is no such choice`, `give one of ${conflictChoices.join(', ')}`);
    const selection = selectionOf({ base, where });
    if ([...between, ...snapshots].includes('now')) {
      throw wrongUsage(
        'Cannot undo what changed up to now: the end of the window has to be a snapshot, or nobody could tell what came later',
        'make a backup and name it as latest, or put single entries back with "rootcellar entry restore"',
      );
    }
    const [before, after, ...others] = [...between, ...snapshots];
    if (before === undefined || after === undefined || others.length > 0) {
      throw wrongUsage(
        `Cannot undo changes: ${[...between, ...snapshots].length} snapshots are named, and two are needed`,
        'give --between with the one before the changes and the one after them',
      );
    }
    const sides = await sidesOf(before, after, server, context);
    const [from, to] = [sides.before, sides.after].map(({ snapshot }) => formatTime(snapshot.time));
    const title = `undo what changed from ${from} to ${to} UTC`;
    const { revertEntries } = await import('../../entries/revert-entries.ts');
    const scene = await planScene(choice, title, context);
    const report = await revertEntries({ ...scene, ...sides, selection, onConflict }, context);
    return { title, isPlanOnly: choice.plan, sides: [sides.before.snapshot, sides.after.snapshot], report };
  },
  render: ({ title, report }, { look }) => entriesReportText(report, title, look),
  json: ({ sides, report }) => {
    const [before, after] = sides.map(({ id, server, backupId, time }) => ({ id, server, backupId, time }));
    return { before, after, ...entriesReportJson(report) };
  },
  exitCodeOf: ({ report, isPlanOnly }) => exitCodeOfEntries(report, isPlanOnly),
});

/** Both snapshots, which are of one server; the earlier one first. */
async function sidesOf(before: string, after: string, server: string | undefined, context: CommandContext) {
  const archive = await (await context.parts()).archive();
  await archive.open(context);
  const all = assertOfServer(await archive.list({ server }, context), server);
  const [one, other] = [findSnapshot(all, before), findSnapshot(all, after)];
  if (one.server !== other.server)
    throw wrongUsage('Cannot undo the changes between two snapshots: they are of two servers', 'name two of one server');
  if (one.time >= other.time)
    throw wrongUsage(
      'Cannot undo the changes between two snapshots: the first is not the earlier one',
      'name the snapshot before the changes first',
    );
  const cache = new BlockCache();
  return { before: await openExports(archive, one, cache, context), after: await openExports(archive, other, cache, context) };
}
