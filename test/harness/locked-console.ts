import path from 'node:path';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { archivePassword, passwordFile } from './archive-password.ts';
import { startConsoleAgent, type ConsoleAgent } from './console-agent.ts';
import { makeSet } from './example-set.ts';
import { FakeClock } from './fake-clock.ts';
import { lockedRepository } from './locked-archive.ts';
import { useS3Credentials } from './s3-environment.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startVersitygw, type VersitygwServer } from './versitygw.ts';

export interface LockedConsole extends ConsoleAgent {
  readonly s3: VersitygwServer;
  readonly bucket: string;
  /** Of all keys of the archive. */
  readonly prefix: string;
  /** IDs of its three snapshots, the oldest first: archived 4 days, 2 days and 3 hours ago, and locked as it was then. */
  readonly snapshots: readonly string[];
}

const hour = 3_600_000;
const [bucket, prefix] = ['locked', 'directory'];
/** Locks last for 30 days and a margin of 8. */
const rule = { mode: 'governance', days: 30 } as const;

/**
 * A real S3 server whose bucket has Object Lock, an archive in it that locks what it writes, and a real agent with the console; there is no directory
 * server. Nothing has verified the archive yet. Disposing it ends all and removes every folder.
 */
export async function startLockedConsole(): Promise<LockedConsole> {
  const parts = new AsyncDisposableStack();
  try {
    const home = parts.use(await temporaryFolder('locked-console'));
    const s3 = parts.use(await startVersitygw({ lockedBuckets: [bucket] }));
    useS3Credentials(s3);
    const snapshots = await archiveUnderLock(home.path, s3);
    const agent = parts.use(
      await startConsoleAgent(home.path, {
        ROOTCELLAR_ARCHIVE: `s3://${bucket}/${prefix}`,
        ROOTCELLAR_PASSWORD_FILE: passwordFile,
        ROOTCELLAR_CACHE_FOLDER: path.join(home.path, 'cache'),
        ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
        ROOTCELLAR_S3_REGION: s3.region,
        AWS_ACCESS_KEY_ID: s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        ROOTCELLAR_OBJECT_LOCK_MODE: rule.mode,
        ROOTCELLAR_OBJECT_LOCK_DAYS: `${rule.days}`,
        // A rule that lets nothing go, so that the overview has one to show.
        ROOTCELLAR_RETENTION_KEEP_LAST: '10',
        // What no snapshot needs is left behind at once: no run is at work that is not waited for.
        ROOTCELLAR_PRUNE_GRACE: '1s',
      }),
    );
    const kept = parts.move();
    return { ...agent, s3, bucket, prefix, snapshots, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  } finally {
    await parts.disposeAsync();
  }
}

async function archiveUnderLock(home: string, { endpoint, region, caFile }: VersitygwServer): Promise<readonly string[]> {
  const store = await openS3Store({ bucket, prefix, endpoint, region, caFile });
  try {
    const snapshots: string[] = [];
    for (const ago of [4 * 24, 2 * 24, 3]) {
      const clock = new FakeClock(new Date(Date.now() - ago * hour).toISOString());
      const archive = lockedRepository(store, rule, { clock, password: archivePassword });
      if (snapshots.length === 0) await archive.create();
      const backupId = `${clock.now().toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`;
      const set = path.join(home, backupId);
      const { id } = await archive.save(
        set,
        await makeSet(set, backupId, { 'userRoot/backup.info': backupId, 'userRoot/0.jdb': 'shared' }),
      );
      await (await archive.objectLocks()).extend();
      snapshots.push(id);
    }
    return snapshots;
  } finally {
    await store.close();
  }
}
