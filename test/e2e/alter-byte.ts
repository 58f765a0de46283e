import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Restic } from '../harness/restic.ts';

/** Alters the byte in the middle of a range of a file; without a range, in the middle of it all. */
export async function alterByte(file: string, range?: { readonly offset: number; readonly length: number }): Promise<void> {
  const bytes = await readFile(file);
  const { offset, length } = range ?? { offset: 0, length: bytes.length };
  const place = offset + (length >> 1);
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  // Anew, so that the store has no checksum of it that would tell before we do.
  await rm(file);
  await writeFile(file, bytes);
}

/** Where the first piece of a file of the newest snapshot lies in a repository whose objects are below `objects`, as restic says. */
export async function placeOf(
  restic: Restic,
  objects: string,
  folder: string,
  name: RegExp,
): Promise<{ readonly pack: string; readonly range: { readonly offset: number; readonly length: number } }> {
  const [snapshot] = JSON.parse(await restic('snapshots', 'latest', '--json')) as readonly { readonly id: string }[];
  const { nodes } = JSON.parse(await restic('cat', 'tree', `${snapshot?.id}:${folder}`)) as {
    readonly nodes: readonly { readonly name: string; readonly content: readonly string[] | null }[];
  };
  const [blob] = nodes.find((node) => name.test(node.name))?.content ?? [];
  for (const id of (await restic('list', 'index')).trim().split('\n')) {
    const { packs } = JSON.parse(await restic('cat', 'index', id)) as {
      readonly packs: readonly {
        readonly id: string;
        readonly blobs: readonly { readonly id: string; readonly offset: number; readonly length: number }[];
      }[];
    };
    for (const pack of packs) {
      const range = pack.blobs.find((one) => one.id === blob);
      if (range !== undefined) return { pack: path.join(objects, 'data', pack.id.slice(0, 2), pack.id), range };
    }
  }
  return assert.fail(`no index lists the first piece of a file ${name} in ${folder}`);
}
