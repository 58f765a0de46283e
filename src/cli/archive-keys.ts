import type { ArchiveKey, ArchiveKeys } from '../archive/archive-keys.ts';
import { Failure } from '../foundation/failure.ts';
import { shortId } from '../domain/find-snapshot.ts';
import type { CommandContext } from './define-command.ts';
import { printable } from './look.ts';
import { formatTime } from './snapshot-text.ts';

/**
 * The passwords of the archive, opened.
 *
 * @throws Failure E_LAYOUT_WITHOUT_KEYS for a layout that has none
 */
export async function openKeys(
  attempt: string,
  context: CommandContext,
): Promise<{ readonly keys: ArchiveKeys; readonly location: string }> {
  const archive = await (await context.parts()).archive();
  const { layout, location } = archive;
  if (archive.keys === undefined) {
    throw new Failure('E_LAYOUT_WITHOUT_KEYS', `Cannot ${attempt}: the archive ${location} has the layout "${layout}", which has no keys`, {
      hint: 'only an archive of the layout repository is encrypted; "rootcellar copy" can make one of this',
    });
  }
  return { keys: await archive.keys(context), location };
}

/** `3f2a… of backup@pod-0, made 2026-11-23`; for a damaged one its ID alone. */
export function keyName({ id, username, hostname, created, damage }: ArchiveKey): string {
  if (damage !== undefined) return `${shortId(id)} (damaged)`;
  return `${shortId(id)} of ${printable(`${username}@${hostname}`)}, made ${keyTime(created).slice(0, 10)}`;
}

/** The moment in UTC; what is none is shown as it is. */
export function keyTime(created: string): string {
  const moment = Date.parse(created);
  return Number.isNaN(moment) ? printable(created) : formatTime(new Date(moment).toISOString());
}

/** Options that say of a new key whose it is. */
export const keyLabelOptions = {
  user: { type: 'text', placeholder: 'NAME', summary: 'user that the list shows for the key; otherwise the one who runs this' },
  host: { type: 'text', placeholder: 'NAME', summary: 'host that the list shows for the key; otherwise this one' },
} as const;

/** For help and renderers: what no removal of a key can do. */
export const masterKeysStay =
  'Removing a key does not take back what its password has opened: whoever knew it may have kept the master keys, which stay. Only a copy into ' +
  'a new archive changes them ("rootcellar copy --init --new-keys").';
