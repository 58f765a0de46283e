import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { chartFolder } from '../../../tools/chart/chart-files.ts';
import { opendjSetup } from '../opendj-template.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterS3 } from './cluster-s3.ts';
import { secretsFolder } from './directory-pods.ts';
import { opendjPlace, opendjPodPorts } from './opendj-image.ts';

const { namespace, service } = opendjPlace;

/** The release, and so all that the chart makes in it. */
export const release = 'backups';

/** The service account that the chart makes: a role of the store is for it. */
export const chartAccount = { namespace, name: release } as const;

export interface HelmCall {
  readonly do: 'install' | 'upgrade' | 'test' | 'uninstall';
  /** Laid over what the release has already, with an upgrade. */
  readonly values?: object;
  readonly words?: readonly string[];
  readonly version?: 3 | 4;
  /** Another release than {@link release}. */
  readonly of?: string;
}

/** Helm with the chart of this checkout, in the namespace of the directory; throws with Helm's words. */
export function helm(cluster: Cluster, { do: verb, values, words = [], version = 3, of = release }: HelmCall): Promise<string> {
  const hasChart = verb === 'install' || verb === 'upgrade';
  const call = [verb, of, ...(hasChart ? [chartFolder] : []), '--namespace', namespace, ...words];
  return cluster.helm([...call, ...(values === undefined ? [] : ['--values', '-'])], { version, stdin: JSON.stringify(values ?? {}) });
}

/** Values for the servers of `startDirectory` and an archive in this store, by a role of the cloud: there is no key anywhere. */
export function chartValues(image: string, s3: ClusterS3, roleArn: string) {
  const [repository, tag] = image.split(/:(?=[^:/]+$)/);
  return {
    fullnameOverride: release,
    image: { repository, tag, pullPolicy: 'Never' },
    target: { pods: ['ds-0'], container: 'server', url: `ldaps://POD.${service}.${namespace}.svc.cluster.local:${opendjPodPorts.ldaps}` },
    config: {
      archive: 's3://backups/directory',
      s3: { endpoint: s3.endpoint, region: s3.region, attempts: 2 },
      server: { bindDn: opendjSetup.bindDn, caFile: `${secretsFolder}/server.pem`, home: '/opt/out/instance' },
      replication: { adminPasswordFile: `${secretsFolder}/admin-password` },
      kubernetes: { folder: '/opt/out' },
      agent: { attempts: 1, jitter: '1s' },
    },
    aws: { webIdentity: { roleArn } },
    extraEnv: [{ name: 'AWS_ENDPOINT_URL_STS', value: s3.stsEndpoint }],
    resources: { requests: { cpu: '10m', memory: '64Mi', 'ephemeral-storage': '1Mi' }, limits: { memory: '768Mi' } },
    staging: { size: '1Gi' },
    jobDefaults: { suspend: true, backoffLimit: 0 },
  };
}

export interface JobEnd {
  /** The Job's own: `Complete`, or why it has failed. */
  readonly reason: string;
  /** Of its last pod. */
  readonly exitCode: number | undefined;
  readonly log: string;
  readonly events: string;
}

const jobState = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string(), reason: z.string().optional() })).default([]) }),
});
const podList = z.object({
  items: z.array(
    z.object({
      status: z.object({
        containerStatuses: z
          .array(z.object({ state: z.object({ terminated: z.object({ exitCode: z.number() }).optional() }) }))
          .default([]),
      }),
    }),
  ),
});

/** Waits until the Job has ended, and says how. Throws with what is known of it when it has not within the time. */
export async function endOfJob(cluster: Cluster, name: string, seconds = 180): Promise<JobEnd> {
  const ask = (...words: string[]): Promise<string> => cluster.kubectl([...words, '--namespace', namespace]);
  const log = (): Promise<string> => ask('logs', `job/${name}`, '--tail', '-1').catch(String);
  const events = (): Promise<string> =>
    ask('get', 'events', '--output', 'custom-columns=R:.reason,N:.involvedObject.name,M:.message', '--no-headers');
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const { status } = jobState.parse(JSON.parse(await ask('get', 'job', name, '--output', 'json')));
    const ended = status.conditions.find((condition) => ['Complete', 'Failed'].includes(condition.type) && condition.status === 'True');
    if (ended !== undefined) {
      const { items } = podList.parse(JSON.parse(await ask('get', 'pods', '--selector', `job-name=${name}`, '--output', 'json')));
      const exitCode = items.at(-1)?.status.containerStatuses[0]?.state.terminated?.exitCode;
      const reason = ended.type === 'Complete' ? 'Complete' : (ended.reason ?? 'Failed');
      return {
        reason,
        exitCode,
        log: await log(),
        events: (await events())
          .split('\n')
          .filter((line) => line.includes(name))
          .join('\n'),
      };
    }
    if (Date.now() > end) throw new Error(`job ${name} has not ended after ${seconds} s:\n${await log()}\n${await events()}`);
    await delay(500);
  }
}

/** Begins a job of the chart by hand, as an operator would, and waits for its end. */
export async function runNow(cluster: Cluster, cronJob: string, name: string): Promise<JobEnd> {
  await cluster.kubectl(['create', 'job', name, '--from', `cronjob/${cronJob}`, '--namespace', namespace]);
  return endOfJob(cluster, name);
}
