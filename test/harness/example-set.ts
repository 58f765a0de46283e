import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../../src/domain/manifest.ts';

/** Writes files below `folder` and returns the manifest of them, as the set `backupId` of server `prod`. */
export async function makeSet(folder: string, backupId: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<Manifest> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  const moment = `${backupId.slice(0, 4)}-${backupId.slice(4, 6)}-${backupId.slice(6, 8)}T${backupId.slice(8, 10)}:${backupId.slice(10, 12)}:${backupId.slice(12, 14)}`;
  return {
    version: 1,
    backupId,
    time: `${moment}.000Z`,
    server: 'prod',
    origin: 'backup',
    program: 'rootcellar test',
    backends: [{ id: 'userRoot', role: 'user', backupId, folder: 'userRoot', baseDns: [], isEncrypted: false, isCompressed: false }],
    files: Object.entries(files).map(([name, content]) => ({
      path: name,
      bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
    })),
  };
}
