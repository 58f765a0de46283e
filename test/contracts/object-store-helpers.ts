import assert from 'node:assert/strict';

import { isFailure } from '../../src/foundation/failure.ts';
import type { ObjectInfo, ObjectStore } from '../../src/object-stores/object-store.ts';

/** For `assert.rejects`: a Failure of this code, and this message where one is given. */
export function failure(code: `E_${string}`, message?: string): (error: unknown) => true {
  return (error) => {
    if (!isFailure(error)) throw error;
    assert.equal(error.code, code, error.message);
    if (message !== undefined) assert.equal(error.message, message);
    return true;
  };
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text));
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

export async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.byteLength; offset += chunkBytes) yield bytes.subarray(offset, offset + chunkBytes);
}

export async function assertNothingLeft(store: ObjectStore, key: string): Promise<void> {
  assert.equal(await store.head(key), undefined);
  assert.deepEqual(await all(store.listUnfinished()), []);
}

export async function outcome(work: Promise<unknown>, writer: number): Promise<string | number> {
  return work.then(
    () => writer,
    (error: unknown) => (isFailure(error) ? error.code : String(error)),
  );
}

/** Modification times are to the second in some answers and finer in others. */
export function pick(info: ObjectInfo | undefined): Pick<ObjectInfo, 'key' | 'bytes' | 'etag'> | undefined {
  return info && { key: info.key, bytes: info.bytes, etag: info.etag };
}

export async function infoOf(store: ObjectStore, key: string): Promise<ObjectInfo | undefined> {
  return (await keysAndInfos(store, key)).find((info) => info.key === key);
}

export function keysAndInfos(store: ObjectStore, prefix: string): Promise<ObjectInfo[]> {
  return all(store.list(prefix));
}

export async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return (await keysAndInfos(store, prefix)).map(({ key }) => key);
}

export function byBytes(keys: readonly string[]): string[] {
  return keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

export async function all<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

export async function drain(source: AsyncIterable<unknown>): Promise<void> {
  await all(source);
}
