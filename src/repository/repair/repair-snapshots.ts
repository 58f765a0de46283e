import { isFailure } from '../../foundation/failure.ts';
import { decodeSnapshot, encodeSnapshot, type SnapshotFile } from '../format/snapshot-file.ts';
import { shortened, stateOf } from '../format/repository-failures.ts';
import { unpackDocument } from '../format/document.ts';
import type { Id } from '../format/hex-id.ts';
import { listSnapshots } from '../list-snapshots.ts';
import type { RepositoryCore } from '../repository-core.ts';
import { forgetSnapshots } from '../forget-snapshots.ts';
import { healDocument, type HealedDocument } from './heal-document.ts';
import { RestWriter, type TreeChanges } from './rest-writer.ts';
import { underExclusiveLock, type Held } from './under-exclusive-lock.ts';

export interface NamedSnapshot {
  readonly id: Id;
  readonly file: SnapshotFile;
}

export interface HealedSnapshot extends NamedSnapshot {
  readonly document: HealedDocument;
}

export interface SnapshotsAsTheyAre {
  readonly readable: readonly NamedSnapshot[];
  /** Those of which the file cannot be read where it lies, and can be put right. */
  readonly healed: readonly HealedSnapshot[];
  /** Files of which nothing can be made. */
  readonly unreadable: readonly { readonly id: Id; readonly finding: string }[];
}

/** All snapshots, with what can be made of files that cannot be read. */
export async function readSnapshots(core: RepositoryCore, signal: AbortSignal | undefined): Promise<SnapshotsAsTheyAre> {
  const readable: NamedSnapshot[] = [];
  const healed = new Map<Id, HealedSnapshot>();
  const damaged: { id: Id; finding: string }[] = [];
  for (const { id, file, failure } of await listSnapshots(core.documents, signal)) {
    if (file !== undefined) readable.push({ id, file });
    else damaged.push({ id, finding: stateOf(failure) });
  }
  const known = new Set(readable.map(({ id }) => id));
  for (const { id } of damaged) {
    const one = await healSnapshot(core, id, signal);
    if (one !== undefined && !known.has(one.id)) healed.set(one.id, one);
  }
  return { readable, healed: [...healed.values()], unreadable: damaged.filter(({ id }) => !healed.has(id)) };
}

async function healSnapshot(core: RepositoryCore, id: Id, signal: AbortSignal | undefined): Promise<HealedSnapshot | undefined> {
  const document = await healDocument(core, 'snapshots', id, signal);
  const content = document && core.cipher.open(document.sealed);
  if (document === undefined || content === undefined) return undefined;
  try {
    const what = `snapshot ${shortened(document.id)}`;
    return { id: document.id, file: decodeSnapshot(unpackDocument(content, what), what), document };
  } catch (error) {
    // Another document than a snapshot.
    if (isFailure(error, 'E_REPOSITORY_DAMAGED')) return undefined;
    throw error;
  }
}

/** What {@link changeSnapshots} offers to the work that it does. */
export interface SnapshotChanges extends Held {
  putBack(snapshot: HealedSnapshot): Promise<void>;
  /** The tree as it is to be; it can be read once {@link finish} has resolved. */
  rewrite(root: Id, changes: TreeChanges): Promise<Id>;
  finish(): Promise<void>;
  /** Only trees that can be read. */
  add(file: SnapshotFile): Promise<Id>;
  remove(ids: readonly Id[]): Promise<void>;
}

/** Does `work` under an exclusive lock, by an index of that moment. @throws Failure E_REPOSITORY_LOCKED (exit code 11) */
export function changeSnapshots<Result>(
  core: RepositoryCore,
  signal: AbortSignal | undefined,
  work: (changes: SnapshotChanges) => Promise<Result>,
): Promise<Result> {
  return underExclusiveLock(core, signal, async (held) => {
    core.forgetIndex();
    const writer = new RestWriter(core, await core.reader(held.signal), held.signal);
    return work({
      ...held,
      putBack: async ({ document: { id, sealed } }) => {
        await core.store.put(`snapshots/${id}`, sealed, { signal: held.signal });
      },
      rewrite: (root, changes) => writer.rewrite(root, changes),
      finish: async () => {
        await writer.finish();
        core.forgetIndex();
      },
      add: async (file) => {
        await held.assertHeld();
        return core.documents.write('snapshots', encodeSnapshot(file), held.signal);
      },
      remove: async (ids) => {
        await held.assertHeld();
        await forgetSnapshots(core, ids, held.signal);
      },
    });
  });
}
