import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../../../src/foundation/failure.ts';
import { Cluster } from '../../../src/kubernetes/cluster.ts';
import { ClusterExec } from '../../../src/kubernetes/cluster-exec.ts';
import { PodFiles } from '../../../src/kubernetes/pod-files.ts';
import { realClock } from '../real-clock.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type ClusterDouble, startClusterDouble } from './cluster-double.ts';

export interface PodPlace extends AsyncDisposable {
  readonly cluster: ClusterDouble;
  readonly files: PodFiles;
  /** In the container. */
  readonly base: string;
  /** On this side. */
  readonly here: string;
}

/** The files of a container that is this machine: real tar, rm, sha256sum; only the API server is a double. */
export async function podPlace({ attempts = 1, pingMilliseconds = 15_000 } = {}): Promise<PodPlace> {
  const [home, cluster] = await Promise.all([temporaryFolder('pod-files'), startClusterDouble()]);
  const connected = await Cluster.connect(cluster.kubeconfig);
  const exec = new ClusterExec({ cluster: connected, name: { namespace: 'directory', pod: 'ds-0' }, pingMilliseconds });
  const base = path.join(home.path, 'container/.rootcellar-0');
  const retry = { attempts, firstPauseMilliseconds: 1, longestPauseMilliseconds: 1 };
  const files = new PodFiles({ exec, base, clock: realClock, random: () => 0, retry });
  const here = path.join(home.path, 'here');
  await Promise.all([mkdir(path.dirname(base)), mkdir(here)]);
  return {
    cluster,
    files,
    base,
    here,
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]();
      await home.remove();
    },
  };
}

/** Makes a folder with files of odd sizes, one of them below another folder. */
export async function backupIn(base: string): Promise<string> {
  const folder = path.join(base, 'ds-0/20261123104646Z/userRoot');
  await mkdir(path.join(folder, 'deep/er'), { recursive: true });
  await writeFile(path.join(folder, 'backup.info'), 'backup_id=1\n');
  await writeFile(path.join(folder, 'userRoot-backup-1'), bytesOf(3_000_001));
  await writeFile(path.join(folder, 'deep/er/an empty one'), '');
  await writeFile(path.join(folder, 'deep/zeros'), Buffer.alloc(5000));
  return folder;
}

function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 2_654_435_761) >>> 24;
  return bytes;
}

/** Every file below the folder, in Base64. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const names = entries.map((entry) => path.join(entry.parentPath, entry.name)).toSorted();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [path.relative(folder, name), (await readFile(name)).toString('base64')] as const)),
  );
}

/** What it rejects with, which must be a Failure. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => new Error('it resolved'),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof Failure, String(error));
  return error;
}
