import path from 'node:path';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import type { ObjectStore } from '../../src/object-stores/object-store.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { type Restic, resticAt } from './restic.ts';
import { realClock } from './real-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startVersitygw } from './versitygw.ts';

/** A place for a repository, as we and restic reach it, with the password `test`. */
export interface StorePlace extends AsyncDisposable {
  readonly store: ObjectStore;
  readonly restic: Restic;
  /** For whatever a test writes. */
  readonly folder: string;
}

export async function folderPlace(): Promise<StorePlace> {
  const home = await temporaryFolder('interop');
  const repository = path.join(home.path, 'repository');
  const store = new LocalFolderStore({ folder: repository, clock: realClock });
  return { store, restic: await resticAt({ repository, password: 'test' }), folder: home.path, [Symbol.asyncDispose]: () => home.remove() };
}

/** In a bucket of a real S3 server; the credentials come into this process's environment, where ours finds them and restic inherits them. */
export async function bucketPlace(): Promise<StorePlace> {
  const home = await temporaryFolder('interop');
  const server = await startVersitygw({ buckets: ['archive'] });
  const { accessKeyId, secretAccessKey, endpoint, region } = server;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_DEFAULT_REGION: region });
  const store = await openS3Store({ bucket: 'archive', prefix: 'some/path', endpoint, region });
  const restic = await resticAt({ repository: `s3:${endpoint}/archive/some/path`, password: 'test' });
  const dispose = async (): Promise<void> => {
    await store.close();
    await server.kill();
    await home.remove();
  };
  return { store, restic, folder: home.path, [Symbol.asyncDispose]: dispose };
}
