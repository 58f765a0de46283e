import assert from 'node:assert/strict';
import { readdir, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { RepositoryArchive } from '../../../../src/archive/repository/repository-archive.ts';
import type { ObjectStore } from '../../../../src/object-stores/object-store.ts';
import { archivePassword, passwordFile } from '../../../harness/archive-password.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../../../harness/faulty-http-proxy.ts';
import { resticAt } from '../../../harness/restic.ts';
import { type RunningRootcellar, spawnRootcellar } from '../../../harness/rootcellar.ts';
import { runProgram } from '../../../harness/run-program.ts';
import { useS3Credentials } from '../../../harness/s3-environment.ts';
import { temporaryFolder } from '../../../harness/temporary-folder.ts';
import { startVersitygw } from '../../../harness/versitygw.ts';
import { bucketOfTemplate, contentOf, prefix, prepareArchive, withArchive } from './prepared-archive.ts';

const anHour = 3600;

/** An archive that has work for every command, on a real S3 server, to begin from as often as one likes. */
export interface PointScene extends AsyncDisposable {
  /** What is to be archived. */
  readonly folder: string;
  /** The IDs of what the archive holds, newest first. */
  readonly snapshots: readonly string[];
  /** A copy of the archive as it was made. */
  open(): Promise<PointPlace>;
}

export interface PointPlace extends AsyncDisposable {
  /** Every request of the runs that are spawned passes here. */
  readonly proxy: FaultyHttpProxy;
  /** Starts a real process. */
  spawn(words: readonly string[]): RunningRootcellar;
  /** Works on the archive as another process does; the store is asked past the proxy. */
  elsewhere<Result>(work: (archive: RepositoryArchive, store: ObjectStore) => Promise<Result>, graceMilliseconds?: number): Promise<Result>;
  /** Lets the locks that are there become an hour older. */
  ageLocks(): Promise<void>;
  /** The same of leases. */
  ageLeases(): Promise<void>;
  /** The IDs of all snapshots, newest first. */
  listed(): Promise<readonly string[]>;
  /**
   * Has two prunes take away what was left, which nothing may hinder; then there is nothing more to take, no lock and no probe, all snapshots are there
   * that were listed, and every file of them has the bytes that were archived.
   */
  assertTidyAndWhole(): Promise<void>;
  /** What the stock restic says of every byte. */
  checkByRestic(): Promise<void>;
}

/** Runs that are spawned have a grace of a millisecond unless they are told another. */
export async function startPointScene(): Promise<PointScene> {
  const home = await temporaryFolder('points');
  const s3 = await startVersitygw({ buckets: [bucketOfTemplate] });
  useS3Credentials(s3);
  const folder = path.join(home.path, 'folder');
  const snapshots = await prepareArchive(s3, home.path, folder);
  const environment = {
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_SERVER_NAME: 'prod',
    ROOTCELLAR_PRUNE_GRACE: '1ms',
    // Several packs of one run.
    ROOTCELLAR_REPOSITORY_PACK_SIZE: '96KiB',
    AWS_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    // Hundreds of runs: they share what the compiler made, and leave no account of their coverage.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? path.join(home.path, 'compiled'),
    NODE_V8_COVERAGE: '',
  };
  let placesMade = 0;
  return {
    folder,
    snapshots,
    open: async () => {
      placesMade += 1;
      const bucket = `place-${placesMade}`;
      // Links: the server never writes to a file that is there, it puts another in its place.
      await runProgram('cp', ['-al', path.join(s3.folder, bucketOfTemplate), path.join(s3.folder, bucket)]);
      const proxy = await startFaultyHttpProxy(s3.endpoint);
      const objects = path.join(s3.folder, bucket, prefix);
      const cache = path.join(home.path, 'cache', bucket);
      const place = {
        ROOTCELLAR_ARCHIVE: `s3://${bucket}/${prefix}`,
        ROOTCELLAR_S3_ENDPOINT: proxy.endpoint,
        ROOTCELLAR_CACHE_FOLDER: cache,
      };
      const locks = (): Promise<readonly string[]> => readdir(path.join(objects, 'locks')).catch(() => []);
      const elsewhere: PointPlace['elsewhere'] = (work, graceMilliseconds) => withArchive(s3, bucket, work, graceMilliseconds);
      const listed = (): Promise<readonly string[]> => elsewhere(async (archive) => (await archive.list()).map(({ id }) => id));
      return {
        proxy,
        elsewhere,
        spawn: (words) => spawnRootcellar(words, { env: { ...environment, ...place } }),
        ageLocks: async () => {
          const then = Date.now() / 1000 - anHour;
          for (const name of await locks()) await utimes(path.join(objects, 'locks', name), then, then);
        },
        ageLeases: () => elsewhere((_, store) => ageLeases(store)),
        listed,
        assertTidyAndWhole: async () => {
          const before = await listed();
          for (let run = 0; run < 2; run += 1) await elsewhere(async (archive) => archive.prune(await archive.planPrune()));
          const plan = await elsewhere((archive) => archive.planPrune());
          assert.deepEqual(plan, { unfinishedWrites: [], objects: [], bytes: 0, waiting: 0 });
          assert.deepEqual(await locks(), []);
          assert.deepEqual(await readdir(path.join(objects, '.rootcellar-store')).catch(() => []), []);
          assert.deepEqual(await elsewhere(readAll), before);
        },
        checkByRestic: async () => {
          const restic = await resticAt({ repository: objects, password: archivePassword });
          await restic('check', '--read-data');
        },
        [Symbol.asyncDispose]: async () => {
          await proxy[Symbol.asyncDispose]();
          for (const used of [path.join(s3.folder, bucket), cache]) await rm(used, { recursive: true, force: true });
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      await s3[Symbol.asyncDispose]();
      await home.remove();
    },
  };
}

async function ageLeases(store: ObjectStore): Promise<void> {
  for await (const { key } of store.list('.rootcellar/leases/')) {
    const { renewedAt, endsAt, ...lease } = JSON.parse(Buffer.from(await store.get(key)).toString()) as Record<string, string>;
    const [before, until] = [renewedAt, endsAt].map((time = '') => new Date(Date.parse(time) - anHour * 1000).toISOString());
    await store.put(key, Buffer.from(JSON.stringify({ ...lease, renewedAt: before, endsAt: until })));
  }
}

/** Reads every file of every snapshot. Resolves to their IDs. */
async function readAll(archive: RepositoryArchive): Promise<readonly string[]> {
  const snapshots = await archive.list();
  for (const snapshot of snapshots) {
    const { files } = await archive.manifest(snapshot);
    assert.ok(files.length > 1);
    for (const file of files) {
      const name = path.basename(file.path);
      const read = Buffer.concat(await Array.fromAsync(archive.read(snapshot, file)));
      const archived = name === 'backup.info' ? Buffer.from(snapshot.backupId) : contentOf(name);
      assert.ok(read.equals(archived), `${snapshot.id} ${file.path} has other bytes`);
    }
  }
  return snapshots.map(({ id }) => id);
}
