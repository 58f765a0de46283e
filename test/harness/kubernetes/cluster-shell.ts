import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { programPath } from '../parts.ts';
import type { Cluster } from './cluster.ts';
import type { Ended } from './cluster-processes.ts';

/** Runs a line as somebody types it who administers the cluster; never throws for the exit code. */
export type ClusterShell = (line: string) => Promise<Ended>;

/**
 * A shell in the cluster's network, in this folder: `kubectl` and `helm` (Helm 3) are found, and work in this namespace unless told
 * otherwise. The file that says so is laid into the folder.
 */
export async function clusterShell(cluster: Cluster, folder: string, namespace: string): Promise<ClusterShell> {
  const kubeconfig = path.join(folder, 'kubeconfig');
  const environment = { KUBECONFIG: kubeconfig, LANG: 'C.UTF-8', HELM_FOLDER: path.dirname(await programPath('helm')) };
  await writeFile(kubeconfig, await cluster.kubectl(['config', 'view', '--raw']), { mode: 0o600 });
  const shell: ClusterShell = (line) =>
    cluster.run('bash', ['--norc', '-c', `cd '${folder}' && PATH="$HELM_FOLDER:$PATH"; ${line}`], { environment });
  const { exitCode, stderr } = await shell(`kubectl config set-context --current --namespace ${namespace}`);
  if (exitCode !== 0) throw new Error(`Cannot make a shell for the namespace ${namespace}: ${stderr}`);
  return shell;
}
