import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stageExport } from '../../src/backup/stage-export.ts';
import { encodeManifest, type Manifest, manifestName } from '../../src/domain/manifest.ts';
import { describeFiles } from '../../src/staging/set-files.ts';
import { makeExport } from './make-exports.ts';
import { baseDn, type Moment } from './made-entries.ts';

/**
 * Makes the set of a backup at the moment, with nothing in it but the export, its index and the manifest: what `rootcellar archive` takes as it is. In place of a
 * server's export task the entries are made. Returns the path of the export.
 */
export async function stageMoment(folder: string, moment: Moment): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const began = timeOf(moment, 0);
  const exported = await stageExport(
    {
      backend: 'userRoot',
      server: {
        exportLdif: async ({ ldifFile }) => {
          await makeExport(ldifFile, moment);
          return { taskId: '1', log: [] };
        },
      },
    },
    { folder, serverFolder: folder },
    {},
  );
  const backupId = began.replaceAll(/[-:T]|\.000/g, '');
  const manifest: Manifest = {
    version: 1,
    backupId,
    time: began,
    server: 'bench',
    origin: 'backup',
    program: 'rootcellar bench',
    backends: [
      {
        id: 'userRoot',
        role: 'user',
        backupId,
        folder: 'userRoot',
        baseDns: [{ dn: baseDn, entries: exported.entries }],
        isEncrypted: false,
        isCompressed: false,
        export: { ...exported, began, ended: timeOf(moment, 1) },
      },
    ],
    files: await describeFiles(folder, { isHashed: true }),
  };
  await writeFile(path.join(folder, manifestName), encodeManifest(manifest));
  const file = path.join(folder, exported.path);
  await stat(file);
  return file;
}

/** A backup a day. */
function timeOf({ turn }: Moment, minutes: number): string {
  return new Date(Date.UTC(2026, 0, 1 + turn, 2, minutes)).toISOString();
}
