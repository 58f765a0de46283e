import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Restic } from './restic.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Files by their path, with their bytes in base64. */
export type Files = Readonly<Record<string, string>>;

export async function filesBelow(folder: string): Promise<Files> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.join(entry.parentPath, entry.name)).toSorted();
  const read = files.map(async (file) => [path.relative(folder, file), (await readFile(file)).toString('base64')] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** The files that the manifest of a snapshot names, as we fetch them. */
export async function fetchAll(archive: RepositoryArchive, snapshot: Snapshot): Promise<Files> {
  await using home = await temporaryFolder('fetched');
  const { files } = await archive.manifest(snapshot);
  await archive.fetch(
    snapshot,
    files.map((file) => ({ file, target: path.join(home.path, file.path) })),
  );
  return await filesBelow(home.path);
}

/**
 * Has restic look at a repository: every byte of it is right; it lists just these snapshots; of each it lists what we list, and restores what was archived.
 * `expected` are the files of each snapshot by its ID, without those that are named `manifest.json`.
 */
export async function assertResticAgrees(restic: Restic, archive: RepositoryArchive, expected: ReadonlyMap<string, Files>): Promise<void> {
  await restic('check', '--read-data');
  const listed = JSON.parse(await restic('snapshots', '--json')) as { readonly id: string }[];
  assert.deepEqual(new Set(listed.map(({ id }) => id)), new Set(expected.keys()));
  for (const snapshot of await archive.list()) {
    const { id } = snapshot;
    const nodes = (await restic('ls', '--json', id))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { readonly message_type: string; readonly path: string })
      .filter(({ message_type: type }) => type === 'node');
    const ours = (await archive.entries(snapshot)).map((entry) => `/${entry.path}`);
    assert.deepEqual(nodes.map((node) => node.path).toSorted(), ours.toSorted());
    assert.deepEqual(await restored(restic, id), expected.get(id));
  }
}

async function restored(restic: Restic, id: string): Promise<Files> {
  await using home = await temporaryFolder('restored');
  const target = path.join(home.path, 'target');
  await mkdir(target);
  await restic('restore', id, '--target', target);
  const files = await filesBelow(target);
  return Object.fromEntries(Object.entries(files).filter(([name]) => path.basename(name) !== 'manifest.json'));
}
