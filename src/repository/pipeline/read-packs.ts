import type { GetOptions, ObjectStore } from '../../object-stores/object-store.ts';
import type { Id } from '../format/hex-id.ts';
import { packKey } from '../format/pack-header.ts';
import type { ReadBytes } from './jobs.ts';
import type { Pipeline } from './pipeline.ts';

/** Packs that are read at once: one on its way while the others are worked on. */
export const packsAtOnce = 3;

/** Holds a pack of the usual size; of larger ones what fits. */
const slabBytes = 17 * 1024 * 1024;

/** What a pipeline needs that reads packs. */
export const readingSlabs = { slabs: packsAtOnce, slabBytes };

/**
 * Reads a pack or a range of it into memory that the workers share, gives it to `work`, and takes the memory back. `work` checks the content, as the store's own
 * checksum is not compared.
 *
 * @throws Failure E_OBJECT_MISSING
 */
export async function withPackBytes<Result>(
  { store, pipeline }: { readonly store: ObjectStore; readonly pipeline: Pipeline },
  packId: Id,
  options: Pick<GetOptions, 'range' | 'signal'>,
  work: (bytes: ReadBytes, length: number, transfer: readonly ArrayBuffer[]) => Promise<Result>,
): Promise<Result> {
  const slab = await pipeline.takeSlab();
  try {
    const into = pipeline.bytesOf({ at: slab, length: pipeline.slabBytes });
    const bytes = await store.get(packKey(packId), { ...options, into, isCheckedByCaller: true });
    // A store puts a body together from pieces.
    pipeline.letGo(bytes.length);
    if (bytes.buffer === into.buffer) return await work({ at: slab, length: bytes.length }, bytes.length, []);
    const own = ownBytes(bytes);
    return await work(own, own.length, [own.buffer]);
  } finally {
    pipeline.giveSlab(slab);
  }
}

/** Bytes that can be handed to a worker whole: what shares its memory with something else is copied. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isAlone = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
  return isAlone ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes);
}
