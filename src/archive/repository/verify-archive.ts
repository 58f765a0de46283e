import { manifestName } from '../../domain/manifest.ts';
import { type Failure, isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ListedSnapshot, Repository } from '../../repository/repository.ts';
import type { Damage, DataToRead, ObjectFinding } from '../archive.ts';
import { missingFiles, unnamedFinding } from './damaged-snapshots.ts';
import type { SnapshotContents } from './foreign-snapshot.ts';
import { findUnnamedSets } from './repair-snapshots.ts';

type VerifyOptions = OperationContext & { readonly readContents: () => Promise<SnapshotContents> };

/**
 * All that keeps a snapshot from coming back whole: its own document, what its trees need, what its manifest names. Of one that somebody forgets while it is
 * looked at nothing is told: that it goes is no damage.
 */
export async function verifySnapshot(
  repository: Repository,
  listed: ListedSnapshot,
  read: DataToRead,
  options: VerifyOptions,
): Promise<readonly Damage[]> {
  const damages = await damagesOf(repository, listed, read, options);
  const { id, file } = listed;
  if (damages.length === 0 || file === undefined) return damages;
  const isThere = (await unreadableNow(repository, id, options.signal)) === undefined;
  if (isThere || !(await repository.wasForgotten(file.tree, options.signal))) return damages;
  options.report?.({ kind: 'note', level: 'info', text: `snapshot ${id.slice(0, 12)} was forgotten meanwhile` });
  return [];
}

async function damagesOf(
  repository: Repository,
  { id, file, failure }: ListedSnapshot,
  read: DataToRead,
  { signal, report, readContents }: VerifyOptions,
): Promise<readonly Damage[]> {
  if (file === undefined)
    return [{ snapshot: id, path: '/', finding: `cannot be read: ${failure?.message ?? ''}`, object: `snapshots/${id}` }];
  const unreadable = await unreadableNow(repository, id, signal);
  if (unreadable !== undefined) return [unreadable];
  const findings = await withProgress('verify', report, (onRead) => repository.verify(file, read, onRead, signal));
  if (findings.length > 0) return findings.map((finding) => ({ snapshot: id, ...finding }));
  const contents = await readContents().catch(unlessDamaged);
  if (contents instanceof Error) return [damagedManifest(id, contents)];
  const { manifest, files, prefix } = contents;
  return missingFiles(manifest, files, prefix).map((finding) => ({ snapshot: id, ...finding }));
}

/** All that a snapshot needs was there by presence and size; its manifest was read nevertheless, and only then it turned out. */
function damagedManifest(snapshot: string, { message, facts: { object } }: Failure): Damage {
  return { snapshot, path: manifestName, finding: `cannot be read: ${message}`, object: typeof object === 'string' ? object : undefined };
}

function unlessDamaged(error: unknown): Failure {
  if (isFailure(error, 'E_REPOSITORY_DAMAGED')) return error;
  throw error;
}

/** All that is wrong with objects of the repository, whether or not a snapshot suffers, and sets that no snapshot names any more. */
export function verifyObjects(
  repository: Repository,
  read: DataToRead,
  { signal, report }: OperationContext,
): Promise<readonly ObjectFinding[]> {
  return withProgress('verify the objects', report, async (onRead) => {
    const findings = await repository.verifyObjects(read, onRead, signal);
    const { readable, healed } = await repository.repairs.readSnapshots(signal);
    const unnamed = await findUnnamedSets(repository, [...readable, ...healed], signal);
    return [...findings, ...unnamed.map(({ tree, manifest }) => unnamedFinding(tree, manifest))];
  });
}

async function withProgress<Found>(
  step: string,
  report: OperationContext['report'],
  work: (onRead: (bytes: number) => void) => Promise<Found>,
): Promise<Found> {
  let done = 0;
  report?.({ kind: 'begin', step, unit: 'bytes' });
  const found = await work((bytes) => {
    done += bytes;
    report?.({ kind: 'advance', step, done });
  });
  report?.({ kind: 'end', step });
  return found;
}

/** What was listed may have come from a copy on this machine. */
async function unreadableNow(repository: Repository, id: string, signal: AbortSignal | undefined): Promise<Damage | undefined> {
  try {
    await repository.checkSnapshot(id, signal);
    return undefined;
  } catch (error) {
    if (!isFailure(error, 'E_OBJECT_MISSING') && !isFailure(error, 'E_REPOSITORY_DAMAGED')) throw error;
    return { snapshot: id, path: '/', finding: `cannot be read: ${error.message}`, object: `snapshots/${id}` };
  }
}
