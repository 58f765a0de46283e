// One measured job of ours, in a process of its own: init|save|fetch|verify REPOSITORY [FOLDER] [BACKUP-ID].
import { readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { RepositoryArchive } from '../src/archive/repository/repository-archive.ts';
import type { ManifestFile } from '../src/domain/manifest.ts';
import { Secret } from '../src/foundation/secret.ts';
import { LocalFolderStore } from '../src/object-stores/local-folder-store.ts';
import { realClock as clock } from '../test/harness/real-clock.ts';

const [job = '', repository = '', folder = '', backupId = ''] = process.argv.slice(2);
const archive = new RepositoryArchive(new LocalFolderStore({ folder: repository, clock }), {
  clock,
  password: new Secret('bench'),
  owner: { hostname: hostname(), username: 'bench', pid: process.pid },
  graceMilliseconds: 0,
});

async function filesBelow(root: string): Promise<ManifestFile[]> {
  const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.join(entry.parentPath, entry.name));
  return Promise.all(names.map(async (name) => ({ path: path.relative(root, name), bytes: (await stat(name)).size })));
}

if (job === 'init') await archive.create();
else if (job === 'save') {
  const files = await filesBelow(folder);
  const time = clock.now().toISOString();
  await archive.save(folder, { version: 1, backupId, time, server: 'bench', origin: 'archive', program: 'bench', backends: [], files });
} else {
  const [newest] = await archive.list();
  if (newest === undefined) throw new Error('there is no snapshot');
  if (job === 'verify') {
    const damage = await archive.verify(newest, true);
    if (damage.length > 0) throw new Error(JSON.stringify(damage));
  } else {
    const { files } = await archive.manifest(newest);
    const targets = files.map((file) => ({ file, target: path.join(folder, file.path) }));
    await archive.fetch(newest, targets);
  }
}
