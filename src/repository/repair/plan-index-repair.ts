import type { Id } from '../format/hex-id.ts';
import type { IndexedPack } from '../format/index-file.ts';
import { headerBytesOf, nameTheSame, type PackedBlob } from '../format/pack-header.ts';
import { isAltered } from '../format/repository-failures.ts';
import type { LoadedIndex } from '../index-loader.ts';
import type { PackObject } from '../packs/read-header.ts';

export interface IndexState {
  readonly index: Pick<LoadedIndex, 'files' | 'damaged' | 'superseded'>;
  /** All that lie in the store. */
  readonly packs: readonly PackObject[];
  /** Damaged ones of which all that is whole lies elsewhere: never to be listed again. */
  readonly putAside: ReadonlySet<Id>;
}

/** What a pack's header says, or in one clause why it cannot be read. */
export type PackHeaders = ReadonlyMap<Id, readonly PackedBlob[] | string>;

export interface IndexRepairPlan {
  /** Index files that go in the end, as they cannot be read, list what is not so, or were superseded long ago. */
  readonly removed: readonly Id[];
  /** What the new index lists: the packs of the removed files that are there, and those that no index listed. */
  readonly packs: readonly IndexedPack[];
  /** Of those the ones that come from a header. */
  readonly listedAnew: readonly Id[];
  /** Packs that an index lists and that are gone. */
  readonly missing: readonly Id[];
  /** Index files that were not altered and that we do not understand, as a newer program may have written them: they stay. */
  readonly notUnderstood: readonly Id[];
  /** Packs whose header cannot be read: an entry that there is stays as it is, as nothing else says where the blobs are. */
  readonly unreadable: readonly { readonly id: Id; readonly finding: string }[];
}

/** The packs whose headers must be read: those that no index lists, those of another length than an index says, or all. */
export function packsToRead({ index, packs, putAside }: IndexState, readAllPacks: boolean): readonly PackObject[] {
  const bytes = new Map(index.files.flatMap((file) => file.index.packs.map(({ id, blobs }) => [id, lengthOf(blobs)] as const)));
  return packs.filter((pack) => !putAside.has(pack.id) && (readAllPacks || bytes.get(pack.id) !== pack.bytes));
}

/** Decides which index files go and what the new one lists. Changes nothing, and asks nobody. */
export function planIndexRepair({ index, packs, putAside }: IndexState, headers: PackHeaders): IndexRepairPlan {
  const present = new Set(packs.map(({ id }) => id).filter((id) => !putAside.has(id)));
  const isRight = ({ id, blobs }: IndexedPack): boolean => {
    const header = headers.get(id);
    return present.has(id) && (header === undefined || typeof header === 'string' || nameTheSame(header, blobs));
  };
  const wrong = index.files.filter(({ index: file }) => !file.packs.every(isRight));
  const kept = new Set(index.files.filter((file) => !wrong.includes(file)).flatMap((file) => file.index.packs.map(({ id }) => id)));
  const listed = new Map<Id, IndexedPack>();
  for (const { index: file } of wrong)
    for (const pack of file.packs) if (present.has(pack.id) && !kept.has(pack.id)) listed.set(pack.id, pack);
  const listedAnew: Id[] = [];
  for (const [id, header] of headers) {
    const known = listed.get(id);
    if (typeof header === 'string' || kept.has(id) || (known !== undefined && nameTheSame(header, known.blobs))) continue;
    listed.set(id, { id, blobs: header });
    listedAnew.push(id);
  }
  const altered = index.damaged.filter(({ failure }) => isAltered(failure));
  const all = new Set(index.files.flatMap(({ index: file }) => file.packs.map(({ id }) => id)));
  return {
    removed: [...wrong.map(({ id }) => id), ...altered.map(({ id }) => id), ...index.superseded],
    packs: [...listed.values()],
    listedAnew,
    notUnderstood: index.damaged.filter((file) => !altered.includes(file)).map(({ id }) => id),
    missing: [...all].filter((id) => !present.has(id) && !putAside.has(id)),
    unreadable: [...headers].flatMap(([id, header]) => (typeof header === 'string' ? [{ id, finding: header }] : [])),
  };
}

function lengthOf(blobs: readonly PackedBlob[]): number {
  return blobs.reduce((sum, { length }) => sum + length, headerBytesOf(blobs));
}
