import type { Surroundings } from './compose.ts';
import { podFolder } from './compose-servers.ts';
import { required } from './config/required-setting.ts';
import type { Config } from './config/schema.ts';
import type { DirectoryServer } from './directory-servers/directory-server.ts';
import type { ToolHost } from './directory-servers/tool-host.ts';
import { Cluster } from './kubernetes/cluster.ts';
import { ClusterExec } from './kubernetes/cluster-exec.ts';
import { ClusterPodProbe } from './kubernetes/cluster-pod-probe.ts';
import type { PodProbe } from './kubernetes/pod-probe.ts';
import { PodDirectoryServer } from './kubernetes/pod-directory-server.ts';
import { PodFiles } from './kubernetes/pod-files.ts';
import type { PodName } from './kubernetes/pod-state.ts';
import { PodToolHost } from './kubernetes/pod-tool-host.ts';

/** The server in the pod of the settings `kubernetes`: reached by `open`, its files through the API of the cluster. */
export async function openPodServer(
  config: Config,
  around: Surroundings,
  open: (toolHost: ToolHost) => Promise<DirectoryServer>,
): Promise<DirectoryServer> {
  const { cluster, name } = await podOf(config);
  const files = filesOf(config, around, cluster, name);
  const staging = { folder: required(config.staging.folder, 'staging.folder'), serverFolder: files.base };
  return new PodDirectoryServer({ server: await open(new PodToolHost(files)), files, staging });
}

/** For programs of that server, beside what {@link openPodServer} runs. */
export async function openToolHost(config: Config, around: Surroundings): Promise<ToolHost> {
  const { cluster, name } = await podOf(config);
  return new PodToolHost(filesOf(config, around, cluster, name));
}

export async function openPodProbe(config: Config, around: Surroundings): Promise<PodProbe> {
  const { cluster, name } = await podOf(config);
  return new ClusterPodProbe({ cluster, name, files: filesOf(config, around, cluster, name) });
}

async function podOf({ kubernetes }: Config): Promise<{ readonly cluster: Cluster; readonly name: PodName }> {
  const pod = required(kubernetes.pod, 'kubernetes.pod');
  const cluster = await Cluster.connect(kubernetes.kubeconfig);
  return { cluster, name: { namespace: kubernetes.namespace ?? cluster.ownNamespace, pod, container: kubernetes.container } };
}

function filesOf(config: Config, { clock, random }: Surroundings, cluster: Cluster, name: PodName): PodFiles {
  return new PodFiles({ exec: new ClusterExec({ cluster, name }), base: podFolder(config), clock, random });
}
