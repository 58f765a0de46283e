import { isStamp } from '../../domain/entry-changes.ts';
import { changeToShow, type ShownChange } from '../../entries/look/entry-view.ts';
import type { EntryMoment } from '../../entries/look/entry-history.ts';
import { entryUnknown } from '../../entries/look/unknown-entry.ts';
import { valuesOf } from '../../entries/exports/entry-words.ts';
import { parseDn } from '../../domain/dn.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import { standardSchema } from '../../domain/schema/standard-schema.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { formatCount } from '../../foundation/counts.ts';
import { defineCommand } from '../define-command.ts';
import { areSecretsShown, entryOptions, exportsOfAll } from '../entry-options.ts';
import { changeJson, changeLines } from '../entry-text.ts';
import { type Look, printable } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { formatTime } from '../snapshot-text.ts';

export const entryHistoryCommand = defineCommand({
  name: 'entry history',
  summary: 'Show when an entry changed, and what',
  description:
    'Goes through all snapshots that have an export and shows each moment at which the entry was other than before: what was added to it and taken away, ' +
    'when it was renamed, removed, or came back. It is followed by its entryUUID, so also under the names that it had before and after. Between which two snapshots ' +
    'a change was made is exact; when and by whom is what the entry itself says of its last change.\n\n' +
    'The entry is found by the index of each export; blocks that snapshots have in common are read once.',
  arguments: { dn: { summary: 'a DN that the entry has now or had once (RFC 4514)', isRequired: true } },
  options: { showSecrets: entryOptions.showSecrets, yes: entryOptions.yes, server: serverOption },
  examples: [
    { line: 'rootcellar entry history "cn=Admins,ou=Groups,dc=example,dc=com"', summary: 'who came and went, and when' },
    { line: 'rootcellar entry history "uid=jdoe,ou=People,dc=example,dc=com" --json', summary: 'for a program' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ dn, server, ...given }, context) => {
    parseDn(dn);
    const secrets = await areSecretsShown(given, context);
    const newestFirst = await exportsOfAll(server, context);
    const { historyOf } = await import('../../entries/look/entry-history.ts');
    const moments = await historyOf(newestFirst.toReversed(), dn, standardSchema, context);
    const [newest] = newestFirst;
    if (moments === undefined || newest === undefined)
      throw newest === undefined ? new Error('no snapshots') : await entryUnknown(newest, dn, context);
    return { looked: newestFirst.length, moments: moments.map((moment) => shownMoment(moment, secrets)) };
  },
  render: ({ looked, moments }, { look }) =>
    [
      ...moments.flatMap((moment) => [...momentLines(moment, look), '']),
      `${formatCount(moments.length)} ${moments.length === 1 ? 'moment' : 'moments'} in ${formatCount(looked)} snapshots.`,
    ].join('\n'),
  json: ({ looked, moments }) => ({ snapshots: looked, moments: moments.map(momentJson) }),
});

interface ShownMoment extends Pick<EntryMoment, 'kind' | 'snapshot' | 'since'> {
  readonly dn: string;
  readonly dnBefore: string | undefined;
  readonly by: string | undefined;
  readonly at: string | undefined;
  readonly changes: readonly ShownChange[];
}

function shownMoment({ kind, snapshot, since, entry, before, changes }: EntryMoment, areSecretsShownHere: boolean): ShownMoment {
  return {
    kind,
    snapshot,
    since,
    dn: entry?.dn ?? before?.dn ?? '',
    dnBefore: before?.dn,
    by: entry === undefined ? undefined : (valuesOf(entry, 'modifiersname')[0] ?? valuesOf(entry, 'creatorsname')[0]),
    at: entry === undefined ? undefined : (valuesOf(entry, 'modifytimestamp')[0] ?? valuesOf(entry, 'createtimestamp')[0]),
    changes: changes.map((change) => changeToShow(change, areSecretsShownHere)),
  };
}

const words: Readonly<Record<EntryMoment['kind'], string>> = {
  first: 'there since the first snapshot',
  appeared: 'appeared',
  changed: 'changed',
  renamed: 'renamed',
  replaced: 'replaced by another entry of this name',
  gone: 'gone',
};

function momentLines({ kind, snapshot, since, dn, dnBefore, by, at, changes }: ShownMoment, look: Look): readonly string[] {
  const word =
    kind === 'gone' ? look.red(words[kind]) : kind === 'appeared' || kind === 'first' ? look.green(words[kind]) : look.yellow(words[kind]);
  const between =
    since === undefined ? `by ${formatTime(snapshot.time)}` : `between ${formatTime(since.time)} and ${formatTime(snapshot.time)}`;
  return [
    `${look.bold(formatTime(snapshot.time))} UTC  ${word}  ${look.dim(`${shortId(snapshot.id)} of ${printable(snapshot.server)}`)}`,
    ...(kind === 'renamed' ? [`  from ${printable(dnBefore ?? '')}`, `  to   ${printable(dn)}`] : [`  ${printable(dn)}`]),
    `  ${look.dim(`${between} UTC${by === undefined || at === undefined ? '' : `; the entry says: ${printable(at)} by ${printable(by)}`}`)}`,
    // When and by whom is said above.
    ...changes
      .filter(({ name }) => !isStamp(name))
      .flatMap((change) => changeLines(change, look))
      .map((line) => `  ${line}`),
  ];
}

function momentJson({ kind, snapshot, since, dn, dnBefore, by, at, changes }: ShownMoment): Record<string, unknown> {
  const named = ({ id, server, backupId, time }: Snapshot) => ({ id, server, backupId, time });
  return {
    kind,
    snapshot: named(snapshot),
    since: since === undefined ? undefined : named(since),
    dn,
    ...(dnBefore !== undefined && dnBefore !== dn ? { dnBefore } : {}),
    modifiersName: by,
    modifyTimestamp: at,
    changes: changes.map(changeJson),
  };
}
