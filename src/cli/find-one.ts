import type { Archive } from '../archive/archive.ts';
import { assertOfServer, findSnapshot } from '../domain/find-snapshot.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { CommandContext } from './define-command.ts';

/** Opens the archive and finds the one snapshot that `wanted` names. */
export async function findOne(
  wanted: string,
  server: string | undefined,
  context: CommandContext,
): Promise<{ readonly archive: Archive; readonly snapshot: Snapshot }> {
  const archive = await (await context.parts()).archive();
  await archive.open(context);
  return { archive, snapshot: findSnapshot(assertOfServer(await archive.list({ server }, context), server), wanted) };
}

/** The argument that names one snapshot. */
export const snapshotArgument = {
  summary: 'ID of the snapshot, the beginning of it, its backup ID, latest, or latest~1 for the one before',
  isRequired: true,
  completes: ['latest', 'latest~1'],
} as const;
