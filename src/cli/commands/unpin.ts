import type { PinnedSnapshot } from '../../archive/archive-pins.ts';
import type { Archive } from '../../archive/archive.ts';
import { findSnapshot, shortId } from '../../domain/find-snapshot.ts';
import type { Pin } from '../../domain/pin.ts';
import { isFailure } from '../../foundation/failure.ts';
import { type CommandContext, defineCommand } from '../define-command.ts';
import { snapshotArgument } from '../find-one.ts';
import { printable } from '../look.ts';
import { serverOption } from '../server-option.ts';

export const unpinCommand = defineCommand({
  name: 'unpin',
  summary: 'Let a pinned snapshot be forgotten again',
  description:
    'Ends the pin of a snapshot, also a damaged one, and that of a snapshot that is not there any more, which "verify" tells. What the retention rule does not keep ' +
    'goes with the next run of it. A snapshot that is not pinned stays as it is.',
  arguments: { id: snapshotArgument },
  options: { server: serverOption },
  examples: [{ line: 'rootcellar unpin 3f2a', summary: 'from now on the rule decides' }],
  exits: ['archiveMissing', 'wrongKey', 'interrupted'],
  run: async ({ id, server }, context) => {
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    const found = await findPinned(archive, { id, server }, context);
    const wasPinned = await (await archive.pins(context)).unpin(found.snapshot, context);
    return { ...found, wasPinned };
  },
  render: ({ snapshot: { id, server, backupId }, wasPinned }, { look }) => {
    const name = id === '' ? printable(`${server}/${backupId}`) : shortId(id);
    return wasPinned
      ? `${look.green('Unpinned')} snapshot ${look.bold(name)}.`
      : `Snapshot ${look.bold(name)} is not pinned; nothing was changed.`;
  },
  json: ({ snapshot: { id, server, backupId }, pin, wasPinned, isThere }) => ({
    id: id === '' ? null : id,
    server,
    backupId,
    wasPinned,
    pinned: wasPinned ? (pin ?? null) : null,
    isThere,
  }),
});

interface FoundPin {
  readonly snapshot: PinnedSnapshot;
  readonly pin: Pin | undefined;
  readonly isThere: boolean;
}

/** The snapshot that is named; where none is, the pin of one that is gone. */
async function findPinned(
  archive: Archive,
  { id, server }: { readonly id: string; readonly server: string | undefined },
  context: CommandContext,
): Promise<FoundPin> {
  try {
    const snapshot = findSnapshot(await archive.list({ server }, context), id);
    return { snapshot, pin: snapshot.pinned, isThere: true };
  } catch (error) {
    if (!isFailure(error, 'E_SNAPSHOT_UNKNOWN')) throw error;
    const lost = (await (await archive.pins(context)).lost(context)).filter((one) => server === undefined || one.server === server);
    const [named, ...others] = lost.filter((one) => one.backupId === id || (id.length >= 2 && one.id.startsWith(id)));
    if (named === undefined || others.length > 0) throw error;
    const { pin, key: _key, ...snapshot } = named;
    return { snapshot, pin, isThere: false };
  }
}
