import type { Clock } from '../../../src/foundation/clock.ts';
import { Secret } from '../../../src/foundation/secret.ts';
import type { ObjectStore } from '../../../src/object-stores/object-store.ts';
import type { BlobPlace } from '../../../src/repository/blob-index.ts';
import { packKey } from '../../../src/repository/format/pack-header.ts';
import { openRepository } from '../../../src/repository/open-repository.ts';
import { RepositoryCore } from '../../../src/repository/repository-core.ts';
import { decodeSnapshot } from '../../../src/repository/format/snapshot-file.ts';
import { walkTree } from '../../../src/repository/walk-tree.ts';
import type { DamagedArchive } from '../damaged-archive.ts';
import type { ByteRange } from './damages.ts';

/** What is written down of a whole repository, so that of each byte of its packs it is known who needs it. */
export interface Bookkeeping {
  /** Packs that so many sets need, those of one type of blob, the largest first. */
  packs(type: 'data' | 'tree', neededBy: number): readonly string[];
  /** Where the header of a pack begins. */
  endOfBlobs(pack: string): number;
  /** The place of the manifest of the one set that needs this pack; undefined where it lies elsewhere. */
  manifestIn(pack: string): ByteRange | undefined;
  /** The backup IDs of the sets that need a byte of this part of a pack, oldest first. */
  setsThatNeed(pack: string, part: ByteRange): readonly string[];
}

interface Needs {
  readonly backupId: string;
  /** `data <id>`, `tree <id>`. */
  readonly blobs: ReadonlySet<string>;
  /** The blob of its manifest. */
  readonly manifest: string | undefined;
}

/** What the archive is made of. */
export async function openCore(store: ObjectStore, clock: Clock): Promise<RepositoryCore> {
  const owner = { hostname: 'test-host', username: 'tester', pid: 1 };
  return new RepositoryCore(store, await openRepository(store, new Secret('test')), { clock, owner, graceMilliseconds: 0 });
}

export async function keepBooks({ store, clock }: DamagedArchive): Promise<Bookkeeping> {
  const core = await openCore(store, clock);
  const places = [...(await core.loadedIndex(undefined)).blobs.places()];
  const needs = (await needsOfAll(core)).toSorted((a, b) => (a.backupId < b.backupId ? -1 : 1));
  const bytes = new Map((await Array.fromAsync(store.list('data/'))).map((object) => [object.key, object.bytes]));
  const inPack = (pack: string): readonly BlobPlace[] => places.filter(({ packId }) => packKey(packId) === pack);
  const needing = (wanted: readonly BlobPlace[]): readonly string[] =>
    needs.filter(({ blobs }) => wanted.some(({ type, id }) => blobs.has(`${type} ${id}`))).map(({ backupId }) => backupId);
  return {
    packs: (type, neededBy) =>
      [...bytes.keys()]
        .filter((pack) => inPack(pack)[0]?.type === type && needing(inPack(pack)).length === neededBy)
        .toSorted((a, b) => (bytes.get(b) ?? 0) - (bytes.get(a) ?? 0)),
    endOfBlobs: (pack) => Math.max(...inPack(pack).map(({ offset, length }) => offset + length)),
    manifestIn: (pack) => {
      const found = inPack(pack).find(({ id }) => needs.some(({ manifest }) => manifest === id));
      return found && [found.offset, found.offset + found.length];
    },
    setsThatNeed: (pack, [from, to]) => needing(inPack(pack).filter(({ offset, length }) => offset < to && offset + length > from)),
  };
}

async function needsOfAll(core: RepositoryCore): Promise<Needs[]> {
  const needs: Needs[] = [];
  for (const { id } of await core.documents.list('snapshots')) {
    const { tree, rootcellar } = decodeSnapshot(await core.documents.read('snapshots', id), id);
    const { entries, trees } = await walkTree(await core.reader(undefined), tree);
    needs.push({
      backupId: String(rootcellar?.['backupId']),
      blobs: new Set([...trees.map((one) => `tree ${one}`), ...entries.flatMap(({ node }) => node.content.map((one) => `data ${one}`))]),
      manifest: entries.find(({ path }) => path === 'manifest.json')?.node.content[0],
    });
  }
  return needs;
}
