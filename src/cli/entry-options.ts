import { bytesOf } from '../domain/byte-text.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import { matchesFilter } from '../domain/filter/match-filter.ts';
import { parseFilter } from '../domain/filter/parse-filter.ts';
import { standardSchema } from '../domain/schema/standard-schema.ts';
import { parseDn } from '../domain/dn.ts';
import { Failure, wrongUsage } from '../foundation/failure.ts';
import { BlockCache } from '../entries/exports/block-cache.ts';
import { openExports, openThoseWithExports, type SnapshotExports } from '../entries/exports/snapshot-exports.ts';
import { isSecretAttribute } from '../domain/secret-attributes.ts';
import { assertOfServer } from '../domain/find-snapshot.ts';
import { newestFirst } from '../domain/snapshot.ts';
import type { CommandContext } from './define-command.ts';
import { findOne } from './find-one.ts';

/** What the commands about entries have in common. */
export const entryOptions = {
  base: { type: 'text', placeholder: 'DN', summary: 'only entries at and below this one' },
  where: { type: 'text', placeholder: 'FILTER', summary: 'only entries that match this LDAP filter (RFC 4515)' },
  showSecrets: { type: 'flag', summary: 'also show stored passwords and other secrets; asks, unless --yes is given as well' },
  yes: { type: 'flag', summary: 'do not ask' },
} as const;

/** Opens the exports of the one snapshot that is named. */
export async function exportsOfOne(wanted: string, server: string | undefined, context: CommandContext): Promise<SnapshotExports> {
  const { archive, snapshot } = await findOne(wanted, server, context);
  return openExports(archive, snapshot, new BlockCache(), context);
}

/**
 * Opens the exports of every snapshot, newest first; those that have none are told of.
 *
 * @throws Failure E_EXPORT_MISSING where none has
 */
export async function exportsOfAll(server: string | undefined, context: CommandContext): Promise<readonly SnapshotExports[]> {
  const archive = await (await context.parts()).archive();
  await archive.open(context);
  const all = assertOfServer(await archive.list({ server }, context), server).filter(({ state }) => state !== 'damaged');
  const { opened, without } = await openThoseWithExports(archive, all.toSorted(newestFirst), new BlockCache(), context);
  if (opened.length === 0) {
    throw new Failure(
      'E_EXPORT_MISSING',
      `Cannot look at entries in ${archive.location}: ${all.length === 0 ? 'it has no snapshot' : 'no snapshot has an export of them'}`,
      {
        hint: "backups have one of each backend with users' entries where backup.export is true, or auto in the layout repository",
      },
    );
  }
  if (without.length > 0) {
    const text = `${without.length} of ${all.length} snapshots have no export of their entries and are passed over`;
    context.report?.({ kind: 'note', level: 'info', text });
  }
  return opened;
}

/** A test of entries: by a filter, or none. Both are read before anything is opened. @throws Failure E_FILTER_INVALID, E_DN_INVALID (exit code 2) */
export function selectionOf({ base, where }: { readonly base: string | undefined; readonly where: string | undefined }) {
  if (base !== undefined) parseDn(base);
  const filter = where === undefined ? undefined : parseFilter(where);
  return { baseDn: base, matches: filter === undefined ? () => true : (entry: LdifEntry) => matchesFilter(filter, entry, standardSchema) };
}

/** Whether secrets are shown: asked for twice, by the option and by an answer or a second option. */
export async function areSecretsShown(
  { showSecrets, yes }: { readonly showSecrets: boolean; readonly yes: boolean },
  context: CommandContext,
): Promise<boolean> {
  if (!showSecrets) return false;
  if (!yes) await context.confirm('Show stored passwords and other secrets of entries?');
  return true;
}

/** Looks for a text in every value that is no secret, in whatever case. */
export function textMatcher(text: string): (entry: LdifEntry) => boolean {
  const wanted = bytesOf(text.toLowerCase());
  if (wanted === '') throw wrongUsage('Cannot look for an empty text', 'give some letters of a value');
  return ({ dn, names, values }) =>
    bytesOf(dn.toLowerCase()).includes(wanted) ||
    values.some((value, index) => fold(value).includes(wanted) && !isSecretAttribute(names[index] ?? ''));
}

/** As the bytes of its text in lower case. */
function fold(value: string): string {
  // oxlint-disable-next-line no-control-regex -- ASCII has them
  return /^[\x00-\x7f]*$/.test(value) ? value.toLowerCase() : bytesOf(Buffer.from(value, 'latin1').toString('utf8').toLowerCase());
}
