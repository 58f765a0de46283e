import { assertAscending, inWindows, readAhead, type ByteRange, type RangeContent } from '../../foundation/byte-ranges.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { isFailure } from '../../foundation/failure.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import { damaged } from './checked-content.ts';

/** What lies between two ranges is read along where it is less: a request costs about as much as these bytes. */
const largestGapBytes = 256 * 1024;
/** Of one request, unless a range has more. */
const longestReadBytes = 4 * 1024 * 1024;
const requestsAtOnce = 8;
/** Content that waits for who asked; as much again is read ahead. */
const windowBytes = 16 * 1024 * 1024;

/**
 * Parts of an object of so many `bytes`, in their order, not checked; neighbours come by one request.
 *
 * @throws Failure E_FILE_DAMAGED (exit code 20)
 */
export async function* readRangesOf(
  store: ObjectStore,
  object: { readonly key: string; readonly bytes: number; readonly name: string },
  ranges: Iterable<ByteRange>,
  signal?: AbortSignal,
): AsyncGenerator<RangeContent, void, void> {
  const { key, name } = object;
  const readTogether = async (together: readonly ByteRange[], stop: AbortSignal): Promise<readonly RangeContent[]> => {
    const offset = together[0]?.at ?? 0;
    const length = endOf(together.at(-1)) - offset;
    if (offset + length > object.bytes) throw damaged(name, `its bytes to ${offset + length} are asked for and it has ${object.bytes}`);
    const bytes = await contentOf(store, key, { name, range: { offset, length }, signal: stop });
    if (bytes.length !== length) throw damaged(name, `it has ${offset + bytes.length} bytes instead of ${object.bytes}`);
    return together.map((range) => ({ range, content: bytes.slice(range.at - offset, endOf(range) - offset) }));
  };
  const read = async (window: readonly ByteRange[], stop: AbortSignal): Promise<readonly RangeContent[]> => {
    const contents = await mapConcurrently(
      neighbours(window),
      requestsAtOnce,
      (together, _index, own) => readTogether(together, own),
      stop,
    );
    return contents.flat();
  };
  yield* readAhead(inWindows(assertAscending(ranges), windowBytes), read, signal);
}

function* neighbours(ranges: readonly ByteRange[]): Generator<readonly ByteRange[]> {
  let together: ByteRange[] = [];
  for (const range of ranges) {
    const [first, last] = [together[0], together.at(-1)];
    const isNear = range.at - endOf(last) <= largestGapBytes && endOf(range) - (first?.at ?? 0) <= longestReadBytes;
    if (first !== undefined && !isNear) {
      yield together;
      together = [];
    }
    together.push(range);
  }
  if (together.length > 0) yield together;
}

function endOf(range: ByteRange | undefined): number {
  return range === undefined ? 0 : range.at + range.bytes;
}

async function contentOf(
  store: ObjectStore,
  key: string,
  {
    name,
    range,
    signal,
  }: { readonly name: string; readonly range: { readonly offset: number; readonly length: number }; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  try {
    return await store.get(key, { range, signal, isCheckedByCaller: true });
  } catch (error) {
    if (isFailure(error, 'E_OBJECT_MISSING')) throw damaged(name, 'it is missing', error);
    throw error;
  }
}
