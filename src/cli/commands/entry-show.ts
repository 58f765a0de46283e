import { entryByName, entryByUuid } from '../../entries/look/find-by-name.ts';
import { entryUnknown } from '../../entries/look/unknown-entry.ts';
import type { EntryPlace } from '../../entries/look/two-moments.ts';
import { attributesToShow, changeToShow, type ShownAttribute, type ShownChange, type ViewOptions } from '../../entries/look/entry-view.ts';
import type { SnapshotExports } from '../../entries/exports/snapshot-exports.ts';
import { parseDn } from '../../domain/dn.ts';
import { changesBetween, isStamp } from '../../domain/entry-changes.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import { standardSchema } from '../../domain/schema/standard-schema.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { defineCommand, type CommandContext } from '../define-command.ts';
import { areSecretsShown, entryOptions, exportsOfOne } from '../entry-options.ts';
import { attributeJson, attributeLines, changeJson, changeLines } from '../entry-text.ts';
import { snapshotArgument } from '../find-one.ts';
import { type Look, printable } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { formatTime } from '../snapshot-text.ts';

export const entryShowCommand = defineCommand({
  name: 'entry show',
  summary: 'Show an entry as a snapshot has it',
  description:
    'Shows every attribute of one entry of the directory as it was when a snapshot was made, with those that the server itself keeps. It is found by the index of the ' +
    'export, in a few reads. Stored passwords and other secrets are hidden, and shown only with --show-secrets and a second yes. Where no entry has the DN, the nearest names of the ' +
    'snapshot are offered.\n\n' +
    'With --beside the entry of another moment is shown after it, and what differs: of another snapshot, or of the running server. It is followed by its entryUUID, so also under another name.',
  arguments: { dn: { summary: 'the DN of the entry (RFC 4514)', isRequired: true } },
  options: {
    from: {
      type: 'text',
      placeholder: 'SNAPSHOT',
      summary: `which snapshot, latest unless told: ${snapshotArgument.summary}`,
      completes: snapshotArgument.completes,
    },
    beside: {
      type: 'text',
      placeholder: 'MOMENT',
      summary: 'also as another snapshot has it, or now: as the running server has it',
      completes: snapshotArgument.completes,
    },
    attributes: { type: 'texts', placeholder: 'NAME', summary: 'only these attributes' },
    showSecrets: entryOptions.showSecrets,
    yes: entryOptions.yes,
    server: serverOption,
  },
  examples: [
    { line: 'rootcellar entry show "uid=jdoe,ou=People,dc=example,dc=com"', summary: 'as in the newest snapshot' },
    {
      line: 'rootcellar entry show "cn=Admins,ou=Groups,dc=example,dc=com" --from latest~4 --attributes member',
      summary: 'who was a member a day ago',
    },
    { line: 'rootcellar entry show "uid=jdoe,ou=People,dc=example,dc=com" --beside now', summary: 'then, now, and what differs' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ dn, from = 'latest', beside, attributes, server, ...given }, context) => {
    parseDn(dn);
    const view = { areSecretsShown: await areSecretsShown(given, context), attributes: attributes.map((name) => name.toLowerCase()) };
    const one = await exportsOfOne(from, server, context);
    if (beside === undefined) {
      const entry = await entryByName(one, dn, context);
      if (entry === undefined) throw await entryUnknown(one, dn, context);
      return { snapshot: one.snapshot, entry: shownEntry(entry, view), beside: undefined };
    }
    const moment = await momentOf(beside, one, server, context);
    const { entryAtTwoMoments } = await import('../../entries/look/two-moments.ts');
    const { entry, other } = await entryAtTwoMoments(placeOf(one, context), moment.place, dn);
    if (entry === undefined && other === undefined) throw await entryUnknown(one, dn, context);
    const changes = entry === undefined || other === undefined ? [] : changesBetween(entry, other, standardSchema);
    return {
      snapshot: one.snapshot,
      entry: entry === undefined ? undefined : shownEntry(entry, view),
      beside: {
        moment: moment.at,
        entry: other === undefined ? undefined : shownEntry(other, view),
        changes: changes.filter(isNamedIn(view)).map((change) => changeToShow(change, view.areSecretsShown)),
      },
    };
  },
  render: ({ snapshot, entry, beside }, { look }) =>
    [...entryLines(snapshot, entry, look), ...(beside === undefined ? [] : ['', ...besideLines(beside, entry, look)])].join('\n'),
  json: ({ snapshot, entry, beside }) => ({
    snapshot: momentJson(snapshot),
    ...(entry === undefined ? {} : entryJson(entry)),
    ...(beside === undefined
      ? {}
      : {
          beside: { moment: momentJson(beside.moment), ...(beside.entry === undefined ? {} : entryJson(beside.entry)) },
          changes: beside.changes.map(changeJson),
        }),
  }),
});

interface ShownEntry {
  readonly dn: string;
  readonly attributes: readonly ShownAttribute[];
}

interface Beside {
  readonly moment: Snapshot | 'now';
  readonly entry: ShownEntry | undefined;
  readonly changes: readonly ShownChange[];
}

function shownEntry(entry: LdifEntry, view: ViewOptions): ShownEntry {
  return { dn: entry.dn, attributes: attributesToShow(entry, view) };
}

function isNamedIn({ attributes = [] }: ViewOptions): (change: { readonly name: string }) => boolean {
  return ({ name }) => attributes.length === 0 || attributes.includes(name.toLowerCase().split(';', 1)[0] ?? '');
}

/** The other moment: where it is looked for the entry. */
async function momentOf(
  beside: string,
  one: SnapshotExports,
  server: string | undefined,
  context: CommandContext,
): Promise<{ readonly at: Snapshot | 'now'; readonly place: EntryPlace }> {
  if (beside !== 'now') {
    const other = await exportsOfOne(beside, server, context);
    return { at: other.snapshot, place: placeOf(other, context) };
  }
  const { liveEntries } = await import('../../entries/plan/live-entries.ts');
  const bases = one.exports.flatMap(({ file }) => file.baseDns);
  const now = liveEntries(await (await context.parts()).server(), bases, context);
  const byName = async (dn: string): Promise<LdifEntry | undefined> => (await now.read([dn]))[0];
  return { at: 'now', place: { byName, byUuid: async (uuid) => (await now.findByUuid([uuid])).get(uuid) } };
}

function placeOf({ exports }: SnapshotExports, context: CommandContext): EntryPlace {
  return {
    byName: (dn) => entryByName({ exports }, dn, context),
    byUuid: (uuid) => entryByUuid({ exports }, uuid, context),
  };
}

function entryLines(moment: Snapshot | 'now', entry: ShownEntry | undefined, look: Look): readonly string[] {
  const head =
    moment === 'now'
      ? '# now, on the running server'
      : `# as of ${formatTime(moment.time)} UTC, in ${printable(moment.server)}/${moment.backupId}`;
  if (entry === undefined) return [look.dim(head), 'The entry is not there.'];
  return [look.dim(head), `${look.dim('dn:')} ${look.bold(printable(entry.dn))}`, ...attributeLines(entry.attributes, look)];
}

function besideLines({ moment, entry: other, changes }: Beside, entry: ShownEntry | undefined, look: Look): readonly string[] {
  const told = changes.filter(({ name }) => !isStamp(name));
  if (entry === undefined || other === undefined) return entryLines(moment, other, look);
  return [
    ...entryLines(moment, other, look),
    '',
    look.dim('# what differs from the first to the second'),
    ...(told.length === 0 ? ['No attribute differs.'] : told.flatMap((change) => changeLines(change, look))),
  ];
}

function entryJson({ dn, attributes }: ShownEntry): Record<string, unknown> {
  return { dn, attributes: attributes.map(attributeJson) };
}

function momentJson(moment: Snapshot | 'now'): unknown {
  if (moment === 'now') return moment;
  const { id, server, backupId, time } = moment;
  return { id, server, backupId, time };
}
