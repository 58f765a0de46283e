import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import type { RepositoryArchive } from '../../../../src/archive/repository/repository-archive.ts';
import { isAlive, thisProcess } from '../../../../src/archive/lease-holder.ts';
import type { Snapshot } from '../../../../src/domain/snapshot.ts';
import type { ObjectStore } from '../../../../src/object-stores/object-store.ts';
import { openS3Store } from '../../../../src/object-stores/s3-store.ts';
import { archivePassword } from '../../../harness/archive-password.ts';
import { dyingStore } from '../../../harness/dying-store.ts';
import { makeSet } from '../../../harness/example-set.ts';
import { realClock } from '../../../harness/real-clock.ts';
import { repositoryArchive } from '../../../harness/repository-archive.ts';
import type { S3Server } from '../../../harness/s3-server.ts';

export const bucketOfTemplate = 'template';
export const prefix = 'some/path';

/** The archive in a bucket, opened by this process as if it was another one than any before; the credentials are those of this process's environment. */
export async function withArchive<Result>(
  { endpoint, region }: Pick<S3Server, 'endpoint' | 'region'>,
  bucket: string,
  work: (archive: RepositoryArchive, store: ObjectStore) => Promise<Result>,
  graceMilliseconds = 0,
): Promise<Result> {
  const store = await openS3Store({ bucket, prefix, endpoint, region });
  try {
    return await work(archiveAt(store, graceMilliseconds), store);
  } finally {
    await store.close();
  }
}

/** Files that are one chunk each fill packs of a few files. */
function archiveAt(store: ObjectStore, graceMilliseconds = 0): RepositoryArchive {
  const { host: hostname, processId: pid, work, ...identity } = thisProcess('test');
  return repositoryArchive(store, {
    clock: realClock,
    password: archivePassword,
    graceMilliseconds,
    // As the program says it: a process of this host that was killed is known to be gone.
    owner: {
      hostname,
      username: 'tester',
      pid,
      work,
      identity,
      isAlive: ({ hostname: host, pid: processId, ...other }) => isAlive({ host, processId, work: '', ...other }),
    },
    writer: { workers: 1, packBytes: 96 * 1024 },
  });
}

/**
 * Makes an archive in which a prune has work of every kind: packs that were marked and may go, packs to mark, packs to copy what is
 * needed from, packs in no index, an index file that another one supersedes, spent marks and notes, and an upload in parts that nobody ends.
 * Resolves to the IDs of its snapshots, newest first. In `folder` is then what a run is to archive: some of it is stored, some marked, some new.
 */
export async function prepareArchive(s3: S3Server, home: string, folder: string): Promise<readonly string[]> {
  return withArchive(s3, bucketOfTemplate, async (archive, store) => {
    await archive.create();
    const save = async (backupId: string, files: readonly string[], by = archive): Promise<Snapshot> => {
      const staged = path.join(home, backupId);
      const content = Object.fromEntries(files.map((name) => [`userRoot/${name}`, contentOf(name)]));
      return by.save(staged, await makeSet(staged, backupId, { 'userRoot/backup.info': backupId, ...content }));
    };
    const prune = async (by = archive): Promise<unknown> => by.prune(await by.planPrune());
    const keys = async (folder: string): Promise<readonly string[]> => (await Array.fromAsync(store.list(folder))).map(({ key }) => key);

    // An index that another one supersedes, by a prune that was killed after it had locked and written that one; and packs that are marked and in neither.
    const partly = await save('20261101100000Z', ['kept-1', 'gone-1', 'gone-2', 'gone-3', 'gone-4']);
    await save('20261102100000Z', ['kept-1', 'kept-2', 'kept-3']);
    await archive.forget([partly]);
    await prune();
    await assert.rejects(prune(archiveAt(dyingStore(store, 2))), { message: 'killed' });
    await store.delete(await keys('locks/'));
    // Marked packs, of which a run wants some again; their index lists others too.
    const marked = await save('20261103100000Z', ['marked-1', 'marked-2', 'marked-3', 'marked-4', 'kept-4']);
    await save('20261104100000Z', ['kept-4']);
    await archive.forget([marked]);
    await prune();
    // Packs that nothing needs, and some of which little is needed.
    const forgotten = await save('20261105100000Z', ['half-1', 'unneeded-1', 'unneeded-2', 'half-2', 'unneeded-3', 'unneeded-4']);
    await save('20261106100000Z', ['half-1', 'half-2', 'kept-2']);
    await archive.forget([forgotten]);
    // Left by runs that were killed: packs of no snapshot, and packs in no index.
    const killed = await save('20261107100000Z', ['killed-1', 'killed-2', 'killed-3']);
    const indexed = await keys('index/');
    const killedEarly = await save('20261108100000Z', ['unindexed-1', 'unindexed-2', 'unindexed-3']);
    const ofNoRun = (await keys('index/')).filter((key) => !indexed.includes(key));
    await store.delete([...[killed, killedEarly].map(({ id }) => `snapshots/${id}`), ...ofNoRun]);
    await leaveUpload(s3);
    for (const name of ['kept-1', 'marked-1', 'marked-2', 'half-1', 'unneeded-1', 'unindexed-1', 'new-1', 'new-2', 'new-3']) {
      await mkdir(path.join(folder, 'userRoot'), { recursive: true });
      await writeFile(path.join(folder, 'userRoot', name), contentOf(name));
    }
    return (await archive.list()).map(({ id }) => id);
  });
}

/** The same for the same name, and nothing that could be compressed. */
export function contentOf(name: string): Buffer {
  const pieces = Array.from({ length: 1024 }, (_, at) => createHash('sha256').update(`${name} ${at}`).digest());
  return Buffer.concat(pieces);
}

async function leaveUpload(s3: S3Server): Promise<void> {
  const client = s3.client();
  const at = { Bucket: bucketOfTemplate, Key: `${prefix}/data/00/unfinished` };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
  await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'a part' }));
  client.destroy();
}
