import path from 'node:path';
import { opendjSetup } from '../../harness/opendj-template.ts';
import { type Cluster, startCluster } from '../../harness/kubernetes/cluster.ts';
import type { Ended } from '../../harness/kubernetes/cluster-processes.ts';
import { type ClusterS3, type PolicyStatement, startClusterS3 } from '../../harness/kubernetes/cluster-s3.ts';
import { secretsFolder, sharedFolder, startDirectory } from '../../harness/kubernetes/directory-pods.ts';
import { opendjPlace, opendjPodPorts } from '../../harness/kubernetes/opendj-image.ts';
import { rootcellarImage } from '../../harness/kubernetes/rootcellar-image.ts';
import { passwordFile } from '../../harness/archive-password.ts';

export const { namespace } = opendjPlace;
export const archive = 's3://backups/directory';
/** The release, and what the chart makes is called by it. */
export const release = 'rootcellar';

const root = path.join(import.meta.dirname, '../../..');
export const chart = path.join(root, 'chart');

/** A directory whose pods know nothing of backups, an S3 server that trusts the cluster's tokens, and an operator with helm. */
export interface ChartScene extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly s3: ClusterS3;
  /** Values of the chart that are right; what is given here is put over them, below `config` too. */
  values(change?: { readonly config?: object } & Readonly<Record<string, unknown>>): string;
  /** Runs rootcellar beside the cluster, as the root user of the S3 server, on the same archive. */
  rootcellar(words: readonly string[]): Promise<Ended>;
  /** Starts a Job of the CronJob now, waits until it has ended, and tells how. */
  runNow(job: string, name: string): Promise<JobEnd>;
  jobs(component: string): Promise<readonly Job[]>;
  endOf(job: string, seconds?: number): Promise<JobEnd>;
}

export interface Job {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly succeeded?: number;
    readonly failed?: number;
    readonly conditions?: readonly { readonly type: string; readonly reason?: string }[];
  };
}

export interface JobEnd {
  /** Of the last pod; undefined when none came to run. */
  readonly exitCode: number | undefined;
  readonly log: string;
  /** `Complete` or `Failed`, with the reason that Kubernetes gives. */
  readonly state: string;
  readonly pods: number;
}

const mayAll: readonly PolicyStatement[] = [
  { Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetBucketLocation', 's3:GetBucketVersioning'], Resource: 'arn:aws:s3:::backups' },
  { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: 'arn:aws:s3:::backups/*' },
];

export async function startChartScene(replicas: 1 | 2 = 2): Promise<ChartScene> {
  const image = await rootcellarImage();
  const cluster = await startCluster({ images: [image.file] });
  try {
    const s3 = await startClusterS3(cluster);
    await startDirectory(cluster, { replicas });
    const roleArn = await s3.addRole('backups', { namespace, name: release }, mayAll);
    return sceneOf({ cluster, s3, roleArn, image: image.name });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

interface Parts {
  readonly cluster: Cluster;
  readonly s3: ClusterS3;
  readonly roleArn: string;
  readonly image: string;
}

function sceneOf({ cluster, s3, roleArn, image }: Parts): ChartScene {
  const [repository = '', tag = ''] = image.split(':');
  const config = {
    archive,
    s3: { endpoint: s3.endpoint, region: s3.region },
    server: { bindDn: opendjSetup.bindDn, caFile: `${secretsFolder}/server.pem`, home: `${sharedFolder}/instance`, name: 'ds-0' },
    replication: { adminPasswordFile: `${secretsFolder}/admin-password` },
    kubernetes: { folder: sharedFolder },
    agent: { jitter: '0s', bidding: '1s', retryPause: '2s', attempts: 2 },
  };
  const values = {
    image: { repository, tag, pullPolicy: 'Never' },
    target: {
      pods: ['ds-0'],
      container: 'server',
      url: `ldaps://POD.${opendjPlace.service}.${namespace}.svc.cluster.local:${opendjPodPorts.ldaps}`,
    },
    aws: { webIdentity: { roleArn } },
    extraEnv: [
      { name: 'AWS_ENDPOINT_URL_STS', value: s3.stsEndpoint },
      { name: 'AWS_REGION', value: s3.region },
    ],
    jobs: { verify: { enabled: false }, prune: { enabled: false } },
  };
  const endOf: ChartScene['endOf'] = async (job, seconds = 180) => {
    await untilEnded(cluster, job, seconds);
    const { status } = JSON.parse(await cluster.kubectl(['get', 'job', job, '-n', namespace, '-o', 'json'])) as Job;
    const pods = JSON.parse(
      await cluster.kubectl([
        'get',
        'pods',
        '-n',
        namespace,
        '-l',
        `batch.kubernetes.io/job-name=${job}`,
        '--sort-by=.metadata.creationTimestamp',
        '-o',
        'json',
      ]),
    ) as PodList;
    const last = pods.items.at(-1);
    const log = last === undefined ? '' : (await cluster.run('kubectl', ['logs', '-n', namespace, last.metadata.name])).stdout;
    const ended = status.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed');
    return {
      exitCode: last?.status.containerStatuses?.[0]?.state.terminated?.exitCode,
      log,
      state: [ended?.type, ended?.reason].filter(Boolean).join(' '),
      pods: pods.items.length,
    };
  };
  return {
    cluster,
    s3,
    values: ({ config: changed = {}, ...others } = {}) => JSON.stringify({ ...values, config: { ...config, ...changed }, ...others }),
    rootcellar: (words) =>
      cluster.run(process.execPath, [path.join(root, 'bin/rootcellar.mjs'), ...words], {
        environment: {
          ROOTCELLAR_ARCHIVE: archive,
          ROOTCELLAR_PASSWORD_FILE: passwordFile,
          ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
          ROOTCELLAR_S3_REGION: s3.region,
          AWS_ACCESS_KEY_ID: s3.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
        },
      }),
    jobs: async (component) => {
      const answer = await cluster.kubectl([
        'get',
        'jobs',
        '-n',
        namespace,
        '-l',
        `app.kubernetes.io/component=${component}`,
        '-o',
        'json',
      ]);
      return (JSON.parse(answer) as { readonly items: readonly Job[] }).items;
    },
    runNow: async (job, name) => {
      await cluster.kubectl(['create', 'job', name, '-n', namespace, `--from=cronjob/${release}-${job}`]);
      return endOf(name);
    },
    endOf,
    [Symbol.asyncDispose]: () => cluster.stop(),
  };
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly containerStatuses?: readonly { readonly state: { readonly terminated?: { readonly exitCode: number } } }[];
    };
  }[];
}

async function untilEnded(cluster: Cluster, job: string, seconds: number): Promise<void> {
  const wait = (condition: string, signal: AbortSignal) =>
    cluster.run('kubectl', ['wait', `job/${job}`, `--for=condition=${condition}`, '-n', namespace, `--timeout=${seconds}s`], { signal });
  const over = new AbortController();
  const waits = ['Complete', 'Failed'].map((condition) => wait(condition, over.signal));
  for (const each of waits) each.catch(() => {});
  const first = await Promise.race(waits);
  over.abort();
  if (first.exitCode !== 0)
    throw new Error(
      `The job ${job} did not end: ${first.stderr}\n${await cluster.kubectl(['describe', 'pods', '-n', namespace, '-l', `batch.kubernetes.io/job-name=${job}`])}`,
    );
}
