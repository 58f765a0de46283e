import { spawn } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { programPath } from '../parts.ts';
import { runProgram } from '../run-program.ts';
import { type ClusterNetwork, clusterNetwork, type Ended, type RunOptions } from './cluster-processes.ts';
import { issuerOf, startControlPlane } from './control-plane.ts';
import { busyboxImage, pauseImage } from './busybox-image.ts';
import { writeKeys } from './keys.ts';
import { importImage, startNode } from './node.ts';
import { clusterProgramPath, clusterProgramPaths, searchPath } from './programs.ts';
import { systemProgram, whyNoCluster } from './requirements.ts';
import { killPodProcesses, makeStateFolder, removeRests, removeState } from './state-folder.ts';

export interface ClusterOptions {
  /** OCI archives for its node; more can be loaded later. */
  readonly images?: readonly string[];
  /** `control-plane`: no node, so that pods stay pending; ready in a few seconds. */
  readonly extent?: 'whole' | 'control-plane';
}

export interface Cluster extends ClusterNetwork, AsyncDisposable {
  /** Names its network namespace and cgroup; no other cluster of this machine has it. */
  readonly name: string;
  /** The node's: reachable from pods, and from programs that are started in the cluster's network, which may listen on it. */
  readonly address: string;
  /** Who its service account tokens are from. */
  readonly issuer: string;
  /** A file, for its administrator; whole in itself. Of use only in the cluster's network. */
  readonly kubeconfig: string;
  /** Runs kubectl as the administrator and returns what it wrote; throws with its words when it ends with another code than 0. */
  kubectl(words: readonly string[], stdin?: string): Promise<string>;
  /** `kubectl apply` of objects, or of a manifest as text; the namespace is for those that name none. */
  apply(manifest: string | readonly object[], namespace?: string): Promise<string>;
  /** As `kubectl`; Helm 3 unless told. */
  helm(words: readonly string[], options?: RunOptions & { readonly version?: 3 | 4 }): Promise<string>;
  /** Loads an OCI archive; pods need `imagePullPolicy: Never`. */
  loadImage(file: string): Promise<void>;
  /** Kills all processes of the pod at once, as a node that loses power, and removes it without waiting; a StatefulSet makes it anew. */
  killPod(name: string, namespace: string): Promise<void>;
  /** Ends all of it and removes what it kept; a second call does nothing. */
  stop(): Promise<void>;
}

/** Of a range that is for examples (RFC 5737): IAM services fetch no keys from loopback or private addresses. */
const address = '198.51.100.1';

/**
 * Starts a real Kubernetes of one node in a network namespace of its own, in 10 to 20 s; nothing of it can be reached from outside, and several
 * can run side by side. What is not in the cache is built first, which from nothing takes half an hour. If this process ends without having
 * stopped it, it is ended and removed all the same; at the latest the next start does that.
 *
 * @throws {Error} when this machine cannot run one, with the reason.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const reason = await whyNoCluster();
  if (reason !== undefined) throw new Error(reason);
  const programs = await clusterProgramPaths();
  await removeRests();
  const folder = await makeStateFolder();
  const network = clusterNetwork(folder, searchPath(programs.values()));
  const stop = stopOnce(folder);
  try {
    await makeNetwork(network);
    await writeKeys(folder, address);
    await startControlPlane(network, address);
    if (options.extent !== 'control-plane') {
      const images = [await busyboxImage(), ...(options.images ?? [])];
      const plugins = await gatherPlugins(folder);
      await startNode({ network, address, plugins, runc: await systemProgram('runc'), pauseImage, images });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...network,
    ...commandsOf(network),
    name: path.basename(folder),
    address,
    issuer: issuerOf(address),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function commandsOf(network: ClusterNetwork) {
  const kubectl: Cluster['kubectl'] = async (words, stdin = '') =>
    outputOf('kubectl', words, await network.run('kubectl', words, { stdin }));
  return {
    kubeconfig: path.join(network.folder, 'admin.kubeconfig'),
    kubectl,
    apply: (manifest: string | readonly object[], namespace?: string) => {
      const place = namespace === undefined ? [] : ['--namespace', namespace];
      return kubectl(['apply', ...place, '--filename', '-'], typeof manifest === 'string' ? manifest : listOf(manifest));
    },
    helm: async (words: readonly string[], { version = 3, ...options }: RunOptions & { readonly version?: 3 | 4 } = {}) =>
      outputOf('helm', words, await network.run(await programPath(version === 3 ? 'helm' : 'helm4'), words, options)),
    killPod: async (name: string, namespace: string) => {
      const uid = await kubectl(['get', 'pod', name, '--namespace', namespace, '--output', 'jsonpath={.metadata.uid}']);
      await killPodProcesses(network.folder, uid);
      await kubectl(['delete', 'pod', name, '--namespace', namespace, '--grace-period=0', '--force']);
    },
    loadImage: (file: string) => importImage(network, file),
  };
}

function listOf(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

function outputOf(program: string, words: readonly string[], { exitCode, stdout, stderr }: Ended): string {
  if (exitCode !== 0)
    throw new Error(`${program} ${words.join(' ')} ended with ${exitCode}:\n${stderr.slice(-3000)}${stdout.slice(-1000)}`);
  return stdout;
}

function stopOnce(folder: string): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  const removeLater = (): void => {
    spawn(process.execPath, [path.join(import.meta.dirname, 'remove-state.ts'), folder], { detached: true, stdio: 'ignore' }).unref();
  };
  process.once('exit', removeLater);
  return () => {
    stopped ??= removeState(folder).then(() => void process.off('exit', removeLater));
    return stopped;
  };
}

async function makeNetwork(network: ClusterNetwork): Promise<void> {
  const name = path.basename(network.folder);
  await runProgram('ip', ['netns', 'add', name]);
  const ip = (...words: string[]): Promise<string> => runProgram('ip', ['-n', name, ...words]);
  await ip('link', 'set', 'lo', 'up');
  // A bridge, as some kernels have no dummy links.
  await ip('link', 'add', 'node0', 'type', 'bridge');
  await ip('addr', 'add', `${address}/24`, 'dev', 'node0');
  await ip('link', 'set', 'node0', 'up');
  // Leads nowhere; service addresses need some route.
  await ip('route', 'add', 'default', 'via', address.replace(/\d+$/, '254'), 'dev', 'node0');
  const { exitCode, stderr } = await network.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  if (exitCode !== 0) throw new Error(`Cannot start a Kubernetes: its network cannot pass packets on: ${stderr}`);
}

/** containerd looks for all of them in one folder. */
async function gatherPlugins(folder: string): Promise<string> {
  const plugins = path.join(folder, 'plugins');
  await mkdir(plugins);
  for (const name of ['bridge', 'host-local', 'portmap'] as const) await symlink(await clusterProgramPath(name), path.join(plugins, name));
  return plugins;
}
