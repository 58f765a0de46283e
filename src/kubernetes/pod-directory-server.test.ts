import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { startClusterDouble } from '../../test/harness/cluster-double/cluster-double.ts';
import { realClock } from '../../test/harness/real-clock.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import type { DirectoryServer, RestoreRequest } from '../directory-servers/directory-server.ts';
import { Failure, isFailure } from '../foundation/failure.ts';
import type { ProgressEvent } from '../foundation/progress.ts';
import { Cluster } from './cluster.ts';
import { ClusterExec } from './cluster-exec.ts';
import { PodDirectoryServer } from './pod-directory-server.ts';
import { PodFiles } from './pod-files.ts';
import { serverThatOnly } from '../../test/harness/unasked-server.ts';

/** Stands for a directory server whose restores end as the test wants; test/e2e/pod.test.ts has a real one. */
function serverWhoseRestore(restore: (request: RestoreRequest) => Promise<void>): DirectoryServer {
  return serverThatOnly({
    restore: async (request) => {
      await restore(request);
      return { taskId: 'rootcellar-1', log: [] };
    },
    cancelAbandonedTasks: async () => [],
  });
}

async function place(restore: (request: RestoreRequest) => Promise<void>) {
  const [home, cluster] = await Promise.all([temporaryFolder('pod-server'), startClusterDouble()]);
  const exec = new ClusterExec({ cluster: await Cluster.connect(cluster.kubeconfig), name: { namespace: 'directory', pod: 'ds-0' } });
  const base = path.join(home.path, 'there');
  const files = new PodFiles({ exec, base, clock: realClock, random: () => 0 });
  const here = path.join(home.path, 'here');
  const local = path.join(here, 'ds-0/1/userRoot');
  await mkdir(local, { recursive: true });
  await writeFile(path.join(local, 'backup.info'), 'backup_id=1\n');
  const staging = { folder: here, serverFolder: base };
  return {
    cluster,
    base,
    local,
    server: new PodDirectoryServer({ server: serverWhoseRestore(restore), files, staging }),
    request: { backend: 'userRoot', folder: path.join(base, 'ds-0/1/userRoot'), backupId: '1' },
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]();
      await home.remove();
    },
  };
}

const sendsOf = (commands: readonly (readonly string[])[]): number => commands.filter((words) => words.includes('-xf')).length;

test('a restore whose end is not known keeps its files in the pod, until the next run has seen its end', async () => {
  const lost = new Failure('E_SERVER_UNREACHABLE', 'Cannot connect to it');
  await using at = await place(() => Promise.reject(lost));

  await assert.rejects(at.server.restore(at.request), (error) => error === lost);
  await at.server.close();
  assert.deepEqual(await readdir(at.request.folder), ['backup.info']);

  const notes: string[] = [];
  const report = (event: ProgressEvent): void => void (event.kind === 'note' && notes.push(event.text));
  await at.server.cancelAbandonedTasks({ report });
  assert.deepEqual(await readdir(at.base), []);
  assert.deepEqual(notes, ['removed from the pod "ds-0" what an earlier run left: ds-0']);
});

test('a restore that failed leaves nothing in the pod, and speaks of pods where the server speaks of a shared folder', async () => {
  const failure = new Failure('E_STAGING_NOT_SHARED', 'Cannot restore backend "userRoot": the server says "x"', {
    hint: 'share the folder',
  });
  await using at = await place(() => Promise.reject(failure));

  await assert.rejects(at.server.restore(at.request), (error) => {
    assert.ok(isFailure(error, 'E_STAGING_NOT_SHARED'));
    assert.equal(error.message, failure.message);
    assert.match(error.hint ?? '', /the very pod that kubernetes\.pod names$/);
    return true;
  });

  assert.deepEqual(await readdir(at.base), []);
});

test('what was sent to be checked is not sent again to be restored, unless it has changed on either side', async () => {
  await using at = await place(async () => undefined);

  await at.server.restore({ ...at.request, verifyOnly: true });
  assert.deepEqual(await readdir(at.request.folder), ['backup.info']);
  await at.server.restore({ ...at.request, verifyOnly: true });
  assert.equal(sendsOf(at.cluster.commands), 1);

  await writeFile(path.join(at.request.folder, 'backup.info'), 'backup_id=2\n');
  await at.server.restore({ ...at.request, verifyOnly: true });
  assert.equal(sendsOf(at.cluster.commands), 2);

  await writeFile(path.join(at.local, 'userRoot-backup-1'), 'more');
  await at.server.restore({ ...at.request, verifyOnly: true });
  assert.equal(sendsOf(at.cluster.commands), 3);
  assert.deepEqual((await readdir(at.request.folder)).toSorted(), ['backup.info', 'userRoot-backup-1']);

  await at.server.restore(at.request);
  assert.equal(sendsOf(at.cluster.commands), 3);
  assert.deepEqual(await readdir(at.base), []);
});

test('close() removes what was sent to be checked and never restored', async () => {
  await using at = await place(async () => undefined);
  await at.server.restore({ ...at.request, verifyOnly: true });

  await at.server.close();

  assert.deepEqual(await readdir(at.base), []);
});
