import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterNetwork } from './cluster-processes.ts';

export interface NodePlace {
  readonly network: ClusterNetwork;
  readonly address: string;
  /** A folder with the CNI plugins. */
  readonly plugins: string;
  readonly runc: string;
  /** The name of the image that holds a pod's namespaces. */
  readonly pauseImage: string;
  /** OCI archives that are loaded before the node is ready. */
  readonly images: readonly string[];
}

/** Starts containerd, CoreDNS, kubelet and kube-proxy; resolves when the node takes pods. */
export async function startNode(place: NodePlace): Promise<void> {
  const { network, address } = place;
  const { folder } = network;
  const at = (...names: string[]): string => path.join(folder, ...names);
  for (const name of ['cni', 'pod-logs', 'volume-plugins']) await mkdir(at(name));
  await makeCgroups(path.basename(folder));
  await writeFile(at('containerd.toml'), containerdConfig(place));
  await writeFile(at('cni', '10-test.conflist'), JSON.stringify(networkConfig(folder)));
  await writeFile(at('kubelet.json'), JSON.stringify(kubeletConfig(folder, address)));
  await writeFile(at('Corefile'), corefile(folder, address));
  const containerd = network.start('containerd', 'containerd', ['-c', at('containerd.toml')]);
  await containerd.ready(async () => (await containerImages(network, 'list')).exitCode === 0, 30);
  for (const file of place.images) await importImage(network, file);
  network.start('coredns', 'coredns', ['-conf', at('Corefile'), '-dns.port', '53']);
  const kubelet = network.start('kubelet', 'kubelet', [
    `--config=${at('kubelet.json')}`,
    `--kubeconfig=${at('kubelet.kubeconfig')}`,
    '--hostname-override=node',
    `--node-ip=${address}`,
    `--root-dir=${at('kubelet')}`,
    `--cert-dir=${at('kubelet-pki')}`,
  ]);
  network.start('kube-proxy', 'kube-proxy', [
    `--kubeconfig=${at('proxy.kubeconfig')}`,
    '--hostname-override=node',
    '--cluster-cidr=10.88.0.0/24',
    '--proxy-mode=iptables',
    '--metrics-bind-address=127.0.0.1:10249',
    '--healthz-bind-address=127.0.0.1:10256',
    // Those are limits of the whole machine, which are not ours to set.
    ...['max-per-core', 'min', 'tcp-timeout-established', 'tcp-timeout-close-wait'].map((limit) => `--conntrack-${limit}=0`),
  ]);
  await kubelet.ready(
    async () => (await network.run('kubectl', ['wait', '--for=condition=Ready', 'node/node', '--timeout=1s'])).exitCode === 0,
    120,
  );
}

/** Loads an OCI archive into the node; its pods need `imagePullPolicy: Never`. */
export async function importImage(network: ClusterNetwork, file: string): Promise<void> {
  const { exitCode, stderr } = await containerImages(network, 'import', file);
  if (exitCode !== 0) throw new Error(`${file} is not an image that containerd can import: ${stderr.slice(-2000)}`);
}

function containerImages(network: ClusterNetwork, ...words: string[]) {
  return network.run('ctr', ['--address', path.join(network.folder, 'containerd.sock'), '--namespace', 'k8s.io', 'images', ...words]);
}

/** kubelet makes those of pods below it. */
async function makeCgroups(name: string): Promise<void> {
  const controllers = (await readdir('/sys/fs/cgroup', { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const isVersion1 = controllers.some((entry) => entry.name === 'memory');
  const places = isVersion1 ? controllers.map((entry) => path.join('/sys/fs/cgroup', entry.name)) : ['/sys/fs/cgroup'];
  for (const place of places) await mkdir(path.join(place, name), { recursive: true });
}

function containerdConfig({ network: { folder }, plugins, runc, pauseImage }: NodePlace): string {
  return `version = 3
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
[grpc]
  address = "${folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/containerd/opt"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["${plugins}"]
    conf_dir = "${folder}/cni"
    use_internal_loopback = true
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      SystemdCgroup = false
      BinaryName = "${runc}"
`;
}

function networkConfig(folder: string) {
  const ipam = {
    type: 'host-local',
    dataDir: path.join(folder, 'cni-ipam'),
    ranges: [[{ subnet: '10.88.0.0/24' }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: true, hairpinMode: true, ipam };
  return {
    cniVersion: '1.0.0',
    name: path.basename(folder),
    plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true } }],
  };
}

function kubeletConfig(folder: string, address: string) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: '0.0.0.0',
    readOnlyPort: 0,
    failCgroupV1: false,
    failSwapOn: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${path.basename(folder)}`,
    enforceNodeAllocatable: [],
    containerRuntimeEndpoint: `unix://${folder}/containerd.sock`,
    podLogsDir: path.join(folder, 'pod-logs'),
    volumePluginDir: path.join(folder, 'volume-plugins'),
    authentication: { anonymous: { enabled: false }, x509: { clientCAFile: path.join(folder, 'pki/ca.crt') }, webhook: { enabled: true } },
    authorization: { mode: 'Webhook' },
    resolvConf: '',
    clusterDNS: [address],
    clusterDomain: 'cluster.local',
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // So soon a changed Secret is seen in a volume.
    syncFrequency: '10s',
  };
}

function corefile(folder: string, address: string): string {
  return `.:53 {
  bind ${address}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${folder}/admin.kubeconfig test
    ttl 1
  }
}
`;
}
