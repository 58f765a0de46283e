import { mkdtemp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { startOpendj } from '../test/harness/opendj.ts';
import { runRootcellar } from '../test/harness/rootcellar.ts';
import { cacheFolder } from '../test/harness/test-cache.ts';
import { changePeople } from './change-people.ts';

export interface BenchDirectory extends AsyncDisposable {
  /** Returns the folder of a fresh backup set, which is the caller's to keep. */
  backUp(): Promise<string>;
  /** Gives this share of the people, spread over all of them, a new description and telephone number; others each time. */
  change(share: number): Promise<void>;
  /** Exports the people's backend into the file. */
  exportLdif(file: string): Promise<void>;
}

/** A real OpenDJ with so many people, and what a benchmark does with it. Disposing it stops it and removes what it wrote. */
export async function startBenchDirectory({ people }: { readonly people: number }): Promise<BenchDirectory> {
  // Not in the temporary folder, which may be small or in memory; and on one volume with the sets, which are moved out of it.
  const home = await mkdtemp(path.join(cacheFolder(), '.bench-directory-'));
  const server = await startOpendj({ people, heap: '2g' });
  const env = {
    ROOTCELLAR_ARCHIVE: path.join(home, 'archive'),
    ROOTCELLAR_SERVER_URL: server.ldapsUrl,
    ROOTCELLAR_SERVER_CA_FILE: server.caFile,
    ROOTCELLAR_SERVER_BIND_DN: server.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: server.passwordFile,
    ROOTCELLAR_SERVER_NAME: 'bench',
    ROOTCELLAR_STAGING_FOLDER: path.join(home, 'staging'),
    ROOTCELLAR_KEEP_LOCAL: '1',
    ROOTCELLAR_LAYOUT: 'plain',
  };
  await rootcellar('init');
  let changes = 0;

  async function rootcellar(...words: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await runRootcellar([...words, '--quiet'], { env });
    if (exitCode !== 0) throw new Error(`rootcellar ${words.join(' ')} ended with ${exitCode}: ${stderr}`);
  }

  return {
    backUp: async () => {
      await rootcellar('backup', '--retention-keep-last', '1');
      const staged = path.join(home, 'staging', 'bench');
      const [set] = (await readdir(staged, { withFileTypes: true })).filter((entry) => entry.isDirectory());
      if (set === undefined) throw new Error(`there is no set in ${staged}`);
      const folder = path.join(staged, set.name);
      // With its manifest it would be archived under its own ID, which can be done once only.
      await rm(path.join(folder, 'manifest.json'), { force: true });
      return folder;
    },
    change: async (share) => {
      changes += 1;
      await changePeople(server, { people, share, turn: changes });
    },
    exportLdif: async (file) => {
      const admin = ['--hostname', 'localhost', '--port', `${server.adminPort}`, '--bindDN', server.bindDn, '--trustAll'];
      await server.tool('export-ldif', [
        ...admin,
        '--bindPasswordFile',
        server.passwordFile,
        '--backendID',
        'userRoot',
        '--ldifFile',
        file,
      ]);
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}
