import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { opendjSetup } from '../opendj-template.ts';
import type { ClusterS3 } from './cluster-s3.ts';
import { restricted } from './directory-pods.ts';

const overlays = path.join(import.meta.dirname, '../../../deploy/ping-devops');

const overlay = z.object({
  configMaps: z.record(z.string(), z.object({ data: z.record(z.string(), z.string()) })).default({}),
  pingdirectory: z.object({
    volumes: z.array(z.object({ name: z.string() }).loose()),
    utilitySidecar: z.object({
      command: z.array(z.string()).nullable().optional(),
      args: z.array(z.string()).nullable().optional(),
      volumes: z.array(z.object({ name: z.string() }).loose()),
      env: z.array(z.object({ name: z.string(), value: z.string() })),
    }),
  }),
});

export interface PingSidecarOptions {
  readonly image: string;
  readonly s3: ClusterS3;
  readonly roleArn: string;
  /** `0.12.0` starts the sidecar as `tail -f /dev/null`, whatever the values say. */
  readonly chart: '0.12.0' | 'after';
  /** Laid over the configuration of the overlay. */
  readonly config: Readonly<Record<string, object | string>>;
}

export interface PingSidecar {
  readonly configMaps: readonly object[];
  readonly container: object;
  readonly volumes: readonly object[];
}

/**
 * The sidecar that Ping's chart makes of the values in `deploy/ping-devops` (rootcellar-values.yaml, and for 0.12.0 those on top of it), with what is
 * marked there as "yours" filled in, and with what the webhook of EKS adds for a role. The chart itself cannot be had; how it starts and mounts the
 * sidecar is in `test/fixtures/ping-devops-chart.ts`.
 */
export async function pingSidecar(namespace: string, { image, s3, roleArn, chart, config }: PingSidecarOptions): Promise<PingSidecar> {
  const base = await read('rootcellar-values.yaml');
  const { configMaps, pingdirectory } = chart === 'after' ? base : await read('chart-0.12.0/values.yaml');
  const { utilitySidecar, volumes } = pingdirectory;
  const files = { ...base.configMaps, ...configMaps };
  const given = z.record(z.string(), z.unknown()).parse(parse(files['rootcellar']?.data['rootcellar.yaml'] ?? ''));
  const yours = {
    archive: 's3://backups/directory',
    s3: { endpoint: s3.endpoint, region: s3.region },
    server: { ...part(given, 'server'), bindDn: opendjSetup.bindDn },
    // Of PingDirectory alone.
    backup: {},
    agent: { ...part(given, 'agent'), ...(config['agent'] as object) },
  };
  const { agent: _, ...others } = config;
  const configuration = JSON.stringify({ ...given, ...yours, ...others, s3: { ...yours.s3, ...(others['s3'] as object) } });
  const tokenFolder = '/var/run/secrets/eks.amazonaws.com/serviceaccount';
  const webhook = {
    AWS_ROLE_ARN: roleArn,
    AWS_WEB_IDENTITY_TOKEN_FILE: `${tokenFolder}/token`,
    AWS_ENDPOINT_URL_STS: s3.stsEndpoint,
    AWS_REGION: s3.region,
  };
  const isTail = chart === '0.12.0';
  return {
    configMaps: Object.entries(files).map(([name, { data }]) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: name === 'rootcellar' ? { 'rootcellar.yaml': configuration } : data,
    })),
    container: {
      name: 'utility-sidecar',
      image,
      imagePullPolicy: 'Never',
      command: isTail ? ['tail'] : utilitySidecar.command,
      args: isTail ? ['-f', '/dev/null'] : utilitySidecar.args,
      securityContext: restricted,
      env: [
        ...utilitySidecar.env.filter(({ name }) => name !== 'AWS_SHARED_CREDENTIALS_FILE'),
        ...Object.entries(webhook).map(([name, value]) => ({ name, value })),
      ],
      volumeMounts: [
        { name: 'out', mountPath: '/opt/out' },
        { name: 'temp', mountPath: '/tmp' },
        ...utilitySidecar.volumes,
        { name: 'aws-iam-token', mountPath: tokenFolder, readOnly: true },
      ],
    },
    volumes: [
      ...volumes,
      {
        name: 'aws-iam-token',
        projected: { sources: [{ serviceAccountToken: { audience: 'sts.amazonaws.com', expirationSeconds: 3600, path: 'token' } }] },
      },
    ],
  };
}

async function read(name: string): Promise<z.infer<typeof overlay>> {
  return overlay.parse(parse(await readFile(path.join(overlays, name), 'utf8')));
}

function part(values: Readonly<Record<string, unknown>>, name: string): object {
  return z.record(z.string(), z.unknown()).parse(values[name]);
}
