import path from 'node:path';
import { type GoModuleProgram, goProgramPath } from '../go-program.ts';

/** The Kubernetes release that the tests run. */
export const kubernetesVersion = 'v1.37.2';

const kubernetes = { module: 'k8s.io/kubernetes', version: kubernetesVersion, how: 'kubernetes' } as const;
const containerd = {
  module: 'github.com/containerd/containerd/v2',
  version: 'v2.4.2',
  how: 'wrapper',
  tags: 'no_btrfs,no_zfs,no_devmapper',
} as const;
const networkPlugin = { module: 'github.com/containernetworking/plugins', version: 'v1.9.1', how: 'install', seconds: 4 } as const;

/** All built from their Go modules, pinned; seconds from an empty cache on two cores. */
const table = {
  etcd: { module: 'go.etcd.io/etcd/server/v3', package: '', version: 'v3.7.3', how: 'wrapper', seconds: 85 },
  'kube-apiserver': { ...kubernetes, package: 'cmd/kube-apiserver', seconds: 700 },
  'kube-controller-manager': { ...kubernetes, package: 'cmd/kube-controller-manager', seconds: 320 },
  'kube-scheduler': { ...kubernetes, package: 'cmd/kube-scheduler', seconds: 25 },
  kubectl: { ...kubernetes, package: 'cmd/kubectl', seconds: 50 },
  kubelet: { ...kubernetes, package: 'cmd/kubelet', seconds: 50 },
  'kube-proxy': { ...kubernetes, package: 'cmd/kube-proxy', seconds: 15 },
  containerd: { ...containerd, package: 'cmd/containerd', seconds: 120 },
  'containerd-shim-runc-v2': { ...containerd, package: 'cmd/containerd-shim-runc-v2', seconds: 10 },
  ctr: { ...containerd, package: 'cmd/ctr', seconds: 10 },
  bridge: { ...networkPlugin, package: 'plugins/main/bridge' },
  'host-local': { ...networkPlugin, package: 'plugins/ipam/host-local' },
  portmap: { ...networkPlugin, package: 'plugins/meta/portmap' },
  coredns: { module: 'github.com/coredns/coredns', package: '', version: 'v1.15.0', how: 'install', seconds: 110 },
} as const satisfies Readonly<Record<string, Omit<GoModuleProgram, 'name'>>>;

export type ClusterProgram = keyof typeof table;

const clusterPrograms = Object.keys(table) as readonly ClusterProgram[];

/** Returns the path of the program, building it first when the cache has it not. */
export function clusterProgramPath(name: ClusterProgram): Promise<string> {
  return goProgramPath({ name, ...table[name] });
}

/** Makes sure that all of them are in the cache, one after the other: Go itself uses every core. Returns their paths by name. */
export async function clusterProgramPaths(): Promise<ReadonlyMap<ClusterProgram, string>> {
  const paths = new Map<ClusterProgram, string>();
  for (const name of clusterPrograms) paths.set(name, await clusterProgramPath(name));
  return paths;
}

/** The folders of these programs, as a PATH. */
export function searchPath(paths: Iterable<string>): string {
  return [...new Set([...paths].map((file) => path.dirname(file)))].join(path.delimiter);
}
