import { archivePassword } from '../archive-password.ts';
import { opendjSetup } from '../opendj-template.ts';
import { topologyAdmin } from '../topology-template.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterS3 } from './cluster-s3.ts';
import { opendjImage, opendjImageName, opendjPlace, opendjPodPorts } from './opendj-image.ts';

export interface DirectoryOptions {
  /** 2 unless told. */
  readonly replicas?: 1 | 2;
  /** More containers for each pod; all containers run as 9031:0 and see the folder {@link sharedFolder}. */
  readonly sidecars?: readonly object[];
  /** More volumes for them. */
  readonly volumes?: readonly object[];
  readonly serviceAccount?: string;
  /** The StatefulSet's name, by which its pods are called; `ds` unless told. */
  readonly set?: string;
  /** More keys of the Secret `rootcellar`. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** What the server and its sidecar both see, at the same path: the instance in `instance`, and `rootcellar` for backups. */
export const sharedFolder = '/opt/out';

/** Where the Secret `rootcellar` is mounted: `bind-password`, `admin-password`, `archive-password`, `server.pem`. */
export const secretsFolder = '/run/secrets/rootcellar';

/**
 * Makes the namespace `directory` (Pod Security: restricted), the Secret `rootcellar` and a StatefulSet `ds` of OpenDJ servers that replicate with
 * each other, and waits until all of it is ready: `ds-0.ds.directory.svc.cluster.local` and so on. Containers are called `server` and as the sidecars are.
 */
export async function startDirectory(cluster: Cluster, options: DirectoryOptions = {}): Promise<void> {
  const image = await opendjImage();
  await cluster.loadImage(image.file);
  const { set = 'ds', secrets = {} } = options;
  await cluster.apply([namespace, secretOf({ 'server.pem': image.caPem, ...secrets })]);
  await cluster.apply([service, statefulSet(options)]);
  await cluster.kubectl(['rollout', 'status', '--namespace', opendjPlace.namespace, `statefulset/${set}`, '--timeout=300s']);
}

/** Settings by variables for a sidecar of {@link startDirectory} that archives in the S3 server with static keys. */
export function sidecarSettings(s3: ClusterS3, archive: string): readonly object[] {
  const settings = {
    ROOTCELLAR_ARCHIVE: archive,
    ROOTCELLAR_PASSWORD_FILE: `${secretsFolder}/archive-password`,
    ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
    ROOTCELLAR_S3_REGION: s3.region,
    ROOTCELLAR_SERVER_URL: `ldaps://localhost:${opendjPodPorts.ldaps}`,
    ROOTCELLAR_SERVER_BIND_DN: opendjSetup.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: `${secretsFolder}/bind-password`,
    ROOTCELLAR_SERVER_CA_FILE: `${secretsFolder}/server.pem`,
    ROOTCELLAR_STAGING_FOLDER: `${sharedFolder}/rootcellar`,
  };
  const ownName = { name: 'ROOTCELLAR_SERVER_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } };
  return [...Object.entries(settings).map(([name, value]) => ({ name, value })), ownName];
}

/** What Pod Security "restricted" asks of a container, with a root that cannot be written. */
export const restricted = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: opendjPlace.namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
};

function secretOf(more: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'rootcellar', namespace: opendjPlace.namespace },
    stringData: {
      'bind-password': opendjSetup.password,
      'admin-password': topologyAdmin.password,
      'archive-password': archivePassword,
      ...more,
    },
  };
}

const labels = { app: 'ds' };

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: opendjPlace.service, namespace: opendjPlace.namespace },
  spec: {
    clusterIP: 'None',
    selector: labels,
    // Each looks for the other before it is ready itself.
    publishNotReadyAddresses: true,
    ports: Object.entries(opendjPodPorts).map(([name, port]) => ({ name, port })),
  },
};

function statefulSet({ replicas = 2, sidecars = [], volumes = [], serviceAccount = 'default', set = 'ds' }: DirectoryOptions) {
  const shared = { name: 'out', mountPath: sharedFolder };
  const server = {
    name: 'server',
    image: opendjImageName,
    imagePullPolicy: 'Never',
    securityContext: restricted,
    ports: Object.values(opendjPodPorts).map((containerPort) => ({ containerPort })),
    readinessProbe: { tcpSocket: { port: opendjPodPorts.ldaps }, periodSeconds: 1, failureThreshold: 300 },
    volumeMounts: [shared, { name: 'server-tmp', mountPath: '/tmp' }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: set, namespace: opendjPlace.namespace },
    spec: {
      serviceName: opendjPlace.service,
      replicas,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: serviceAccount,
          terminationGracePeriodSeconds: 30,
          securityContext: { runAsUser: 9031, runAsGroup: 0, fsGroup: 0 },
          containers: [server, ...sidecars],
          volumes: [
            { name: 'out', emptyDir: {} },
            { name: 'server-tmp', emptyDir: {} },
            { name: 'secrets', secret: { secretName: 'rootcellar', defaultMode: 0o440 } },
            ...volumes,
          ],
        },
      },
    },
  };
}

export interface SidecarOptions {
  readonly name: string;
  readonly image: string;
  /** What it runs; the image's own program unless told. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: readonly object[];
}

/** A container of the image beside a server: sees {@link sharedFolder} and {@link secretsFolder}, may write `/tmp` and its cache, and nothing else. */
export function sidecar(options: SidecarOptions) {
  return {
    imagePullPolicy: 'Never',
    securityContext: restricted,
    volumeMounts: [
      { name: 'out', mountPath: sharedFolder },
      { name: 'secrets', mountPath: secretsFolder, readOnly: true },
      { name: 'sidecar-tmp', mountPath: '/tmp' },
      { name: 'sidecar-cache', mountPath: '/var/cache/rootcellar' },
    ],
    ...options,
  };
}

/** The volumes that {@link sidecar} names beside those of the server. */
export const sidecarVolumes = [
  { name: 'sidecar-tmp', emptyDir: {} },
  { name: 'sidecar-cache', emptyDir: {} },
] as const;
