import path from 'node:path';
import type { ClusterNetwork } from './cluster-processes.ts';

/** The range of service addresses; the first is the API server's. */
const serviceRange = '10.0.0.0/24';

/** Who a cluster's tokens are from: what an IAM is told to trust. Discovery and keys are open to everybody there. */
export function issuerOf(address: string): string {
  return `https://${address}`;
}

/** Starts etcd, API server, controllers and scheduler; resolves when pods may be made. */
export async function startControlPlane(network: ClusterNetwork, address: string): Promise<void> {
  const { folder } = network;
  const pki = (name: string): string => path.join(folder, 'pki', name);
  network.start('etcd', 'etcd', etcdArguments(folder));
  const api = network.start('apiserver', 'kube-apiserver', [
    '--etcd-servers=http://127.0.0.1:2379',
    '--bind-address=0.0.0.0',
    // IAM services fetch a token issuer's keys from port 443 only.
    '--secure-port=443',
    `--advertise-address=${address}`,
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--service-account-key-file=${pki('sa.pub')}`,
    `--service-account-signing-key-file=${pki('sa.key')}`,
    `--service-account-issuer=${issuerOf(address)}`,
    `--service-account-jwks-uri=${issuerOf(address)}/openid/v1/jwks`,
    `--service-cluster-ip-range=${serviceRange}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${pki('admin.crt')}`,
    `--kubelet-client-key=${pki('admin.key')}`,
  ]);
  await api.ready(async () => (await network.run('kubectl', ['get', '--raw', '/readyz'])).exitCode === 0, 120);
  const of = (name: string): string[] =>
    ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'].map(
      (flag) => `--${flag}=${path.join(folder, `${name}.kubeconfig`)}`,
    );
  const controllers = network.start('controller-manager', 'kube-controller-manager', [
    ...of('controller-manager'),
    '--bind-address=127.0.0.1',
    '--leader-elect=false',
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${pki('sa.key')}`,
    `--root-ca-file=${pki('ca.crt')}`,
  ]);
  network.start('scheduler', 'kube-scheduler', [...of('scheduler'), '--bind-address=127.0.0.1', '--leader-elect=false']);
  const role = 'system:service-account-issuer-discovery';
  await network.run('kubectl', ['create', 'clusterrolebinding', 'discovery', `--clusterrole=${role}`, '--group=system:unauthenticated']);
  // Pods are refused until it is there.
  await controllers.ready(async () => (await network.run('kubectl', ['get', 'serviceaccount', 'default'])).exitCode === 0, 60);
}

function etcdArguments(folder: string): string[] {
  const [client, peer] = ['http://127.0.0.1:2379', 'http://127.0.0.1:2380'];
  return [
    `--data-dir=${path.join(folder, 'etcd')}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}
