import path from 'node:path';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { realClock } from './real-clock.ts';
import { type Restic, resticAt } from './restic.ts';
import { useS3Credentials } from './s3-environment.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startVersitygw } from './versitygw.ts';

/** A place for one repository, as we and restic reach it. */
export interface InteropPlace {
  readonly store: ObjectStore;
  /** As restic names it. */
  readonly repository: string;
  /** The stock restic with this password, `test` unless told. */
  readonly restic: (password?: string, environment?: Readonly<Record<string, string>>) => Promise<Restic>;
}

/** Places for as many repositories as there are names. */
export interface InteropPlaces extends AsyncDisposable {
  /** For whatever a test writes. */
  readonly folder: string;
  readonly at: (name: string) => Promise<InteropPlace>;
  /** In a bucket that was made with Object Lock; undefined where there is nothing of the kind. */
  readonly lockedAt?: ((name: string) => Promise<InteropPlace>) | undefined;
}

export async function interopFolders(): Promise<InteropPlaces> {
  const home = await temporaryFolder('interop');
  const at = async (name: string): Promise<InteropPlace> => {
    const repository = path.join(home.path, 'repositories', name);
    const store = new LocalFolderStore({ folder: repository, clock: realClock });
    return { store, repository, restic: (password = 'test', environment = {}) => resticAt({ repository, password, environment }) };
  };
  return { folder: home.path, at, [Symbol.asyncDispose]: () => home.remove() };
}

/** On a real S3 server; the credentials come into this process's environment, where ours finds them and restic inherits them. */
export async function interopBuckets(): Promise<InteropPlaces> {
  const home = await temporaryFolder('interop');
  const server = await startVersitygw({ buckets: ['archive'], lockedBuckets: ['locked'] });
  useS3Credentials(server);
  process.env['AWS_DEFAULT_REGION'] = server.region;
  const opened: ObjectStore[] = [];
  const inBucket =
    (bucket: string) =>
    async (name: string): Promise<InteropPlace> => {
      const { endpoint, region } = server;
      const store = await openS3Store({ bucket, prefix: `some/${name}`, endpoint, region });
      opened.push(store);
      const repository = `s3:${endpoint}/${bucket}/some/${name}`;
      return { store, repository, restic: (password = 'test', environment = {}) => resticAt({ repository, password, environment }) };
    };
  const dispose = async (): Promise<void> => {
    for (const store of opened) await store.close();
    await server.kill();
    await home.remove();
  };
  return { folder: home.path, at: inBucket('archive'), lockedAt: inBucket('locked'), [Symbol.asyncDispose]: dispose };
}
