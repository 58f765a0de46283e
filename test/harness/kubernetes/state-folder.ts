import { mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processStatOf } from '../../../src/foundation/process-stat.ts';
import { runProgram } from '../run-program.ts';

const prefix = 'rootcellar-kubernetes-';
const ownerFile = 'owner.json';

/** The variable by which a process of a cluster is known: its value is the state folder. */
export const clusterVariable = 'CLUSTER_STATE_FOLDER';

/** Makes the folder of a new cluster, of this process. Its last part names the cluster's network namespace and cgroup as well. */
export async function makeStateFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), prefix)));
  // Sockets lie below it, whose paths may have 107 bytes.
  if (folder.length > 60)
    throw new Error(`Cannot start a Kubernetes: the path of ${folder} is too long for its sockets; set TMPDIR to a shorter one`);
  await writeFile(path.join(folder, ownerFile), JSON.stringify({ pid: process.pid, begin: await beginOf(process.pid) }));
  await mkdir(path.join(folder, 'log'));
  return folder;
}

/** Removes what clusters left behind whose owner ended without stopping them. */
export async function removeRests(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = path.join(await realpath(tmpdir()), name);
    if (await isAbandoned(folder)) await removeState(folder);
  }
}

async function isAbandoned(folder: string): Promise<boolean> {
  const text = await readFile(path.join(folder, ownerFile), 'utf8').catch(() => undefined);
  // Nobody's, or of one who is just beginning.
  if (text === undefined || text === '') return false;
  const { pid, begin } = JSON.parse(text) as { readonly pid: number; readonly begin: string };
  return (await beginOf(pid)) !== begin;
}

/** When a process began, in clock ticks since boot; undefined when there is none that lives. */
async function beginOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { state, began } = processStatOf(text);
  // One that has ended, and whose parent has not asked yet how.
  return state === 'Z' ? undefined : began;
}

/**
 * Ends all processes of the cluster, each by its own id, and removes its mounts, network namespace, cgroups and files. Does the same
 * after a crash, and again after itself.
 *
 * @throws {Error} when something below the folder stays mounted: then no file is removed.
 */
export async function removeState(folder: string): Promise<void> {
  const name = path.basename(folder);
  // What runs in its pods first, or kubelet and containerd would begin it again.
  await endProcesses(() => clusterProcesses(folder));
  await endProcesses(() => podProcesses(name, ''));
  for (const mount of (await mountsBelow(folder)).toSorted().toReversed()) await runProgram('umount', ['-l', mount]).catch(() => {});
  const left = await mountsBelow(folder);
  if (left.length > 0) throw new Error(`Cannot remove ${folder}: still mounted: ${left.join(', ')}`);
  await runProgram('ip', ['netns', 'delete', name]).catch(() => {});
  for (const root of await cgroupFolders(name)) await removeCgroup(root);
  await removeTraces(folder, name);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function endProcesses(find: () => Promise<readonly number[]>): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    const pids = await find();
    if (pids.length === 0) return;
    for (const pid of pids) killIfThere(pid);
    await delay(25);
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** The servers and the shims: they and what they started have the variable. */
async function clusterProcesses(folder: string): Promise<readonly number[]> {
  const own = `${clusterVariable}=${folder}`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  return pids.filter((pid, index) => pid !== process.pid && environments[index]?.split('\0').includes(own) === true);
}

/** Kills all that runs in the pod of this UID at once, as a node that loses power. */
export async function killPodProcesses(folder: string, podUid: string): Promise<void> {
  const pids = await podProcesses(path.basename(folder), podUid);
  if (pids.length === 0) throw new Error(`The pod ${podUid} has no processes`);
  for (const pid of pids) killIfThere(pid);
}

async function podProcesses(name: string, partOfFolder: string): Promise<readonly number[]> {
  const pids = new Set<number>();
  for (const root of await cgroupFolders(name)) {
    for (const entry of await readdir(root, { recursive: true })) {
      if (path.basename(entry) !== 'cgroup.procs' || !entry.includes(partOfFolder)) continue;
      const text = await readFile(path.join(root, entry), 'utf8').catch(() => '');
      for (const pid of text.split('\n').filter(Boolean)) pids.add(Number(pid));
    }
  }
  return [...pids];
}

/** One for each controller (cgroup v1), or one (v2). */
export async function cgroupFolders(name: string): Promise<readonly string[]> {
  const controllers = (await readdir('/sys/fs/cgroup', { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const places = ['/sys/fs/cgroup', ...controllers.map((entry) => path.join('/sys/fs/cgroup', entry.name))];
  const found = await Promise.all(places.map(async (place) => (await readdir(place).catch((): string[] => [])).includes(name)));
  return places.filter((_, index) => found[index]).map((place) => path.join(place, name));
}

async function removeCgroup(root: string): Promise<void> {
  const below = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isDirectory());
  const folders = [root, ...below.map((entry) => path.join(entry.parentPath, entry.name))].toSorted().toReversed();
  for (const folder of folders) await rmdir(folder).catch(() => {});
}

async function mountsBelow(folder: string): Promise<readonly string[]> {
  const text = await readFile('/proc/mounts', 'utf8');
  const places = text.split('\n').map((line) => line.split(' ')[1] ?? '');
  return places.filter((place) => place.startsWith(`${folder}/`));
}

/** The few things that kubelet and the network plugins keep elsewhere. */
async function removeTraces(folder: string, name: string): Promise<void> {
  for (const place of ['/var/log/containers', '/var/lib/cni/results']) {
    for (const entry of await readdir(place, { withFileTypes: true }).catch(() => [])) {
      const file = path.join(place, entry.name);
      const isOurs = entry.isSymbolicLink()
        ? (await readlink(file).catch(() => '')).startsWith(`${folder}/`)
        : entry.name.startsWith(`${name}-`);
      if (isOurs) await rm(file, { force: true });
    }
  }
}
