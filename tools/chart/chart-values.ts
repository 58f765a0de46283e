import { z } from 'zod';
import { kubernetesList, kubernetesObject, named, variables } from './value-kinds.ts';

const quantity = z.string().regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/);
const seconds = z.int().min(1);
const cron = z.string().regex(/^\S+( +\S+){4}$/);
const strings = z.record(z.string(), z.string());
/** As Kubernetes has them. */
const dnsName = z.string().regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
const nameOrNone = z.union([z.literal(''), dnsName]);
const key = z.string().regex(/^[-._a-zA-Z0-9]*$/);

const image = z.strictObject({
  repository: z.string().min(1),
  tag: z.string(),
  digest: z.string().regex(/^(sha256:[0-9a-f]{64})?$/),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
});

const resources = z.strictObject({
  requests: z.record(z.string(), z.union([quantity, z.number()])).optional(),
  limits: z.record(z.string(), z.union([quantity, z.number()])).optional(),
  claims: kubernetesList.optional(),
});

const jobDefaults = z.strictObject({
  concurrencyPolicy: z.enum(['Forbid', 'Replace', 'Allow']),
  startingDeadlineSeconds: z.int().min(10),
  activeDeadlineSeconds: seconds,
  backoffLimit: z.int().min(0).max(10),
  successfulJobsHistoryLimit: z.int().min(0),
  failedJobsHistoryLimit: z.int().min(0),
  ttlSecondsAfterFinished: z.int().min(0),
  suspend: z.boolean(),
  terminationGracePeriodSeconds: seconds,
});

const job = z.strictObject({
  enabled: z.boolean(),
  schedule: cron,
  args: z.array(z.string()).optional(),
  image: image.partial().optional(),
  resources: resources.optional(),
  secrets: z.lazy(() => secrets).optional(),
  extraEnv: variables.optional(),
  ...jobDefaults.partial().shape,
});

const secrets = z.array(
  z.strictObject({
    name: dnsName,
    items: z.array(z.strictObject({ key: key.min(1), path: z.string().min(1), mode: z.int().optional() })).optional(),
    optional: z.boolean().optional(),
  }),
);

const volume = z.strictObject({
  kind: z.enum(['emptyDir', 'ephemeral', 'existingClaim']),
  size: quantity,
  storageClassName: nameOrNone,
  claimName: nameOrNone,
});

const restore = z.strictObject({
  enabled: z.boolean(),
  snapshot: z.string().regex(/^([0-9a-zA-Z][-0-9a-zA-Z._~]*)?$/),
  yes: z.boolean(),
  topology: z.boolean(),
  backends: z.array(z.string().min(1)),
  args: z.array(z.string()),
  run: z.string(),
  terminationGracePeriodSeconds: seconds,
  image: image.partial().optional(),
  resources: resources.optional(),
  secrets: secrets.optional(),
  extraEnv: variables.optional(),
});

const deployment = z.strictObject({
  enabled: z.boolean(),
  replicas: z.int().min(0),
  port: z.int().min(1).max(65_535),
  tlsSecret: nameOrNone,
  terminationGracePeriodSeconds: seconds,
  tokenKeys: z.strictObject({ viewer: key, operator: key, restorer: key }),
  resources: resources.optional(),
  secrets: secrets.optional(),
  extraEnv: variables.optional(),
});

const watching = {
  networkPolicy: z.strictObject({
    enabled: z.boolean(),
    egressPorts: z.array(z.int().min(1).max(65_535)),
    ingressFrom: kubernetesList,
  }),
  podMonitor: z.strictObject({ enabled: z.boolean(), interval: z.string().regex(/^[0-9]+(ms|s|m|h)$/), labels: strings }),
  prometheusRule: z.strictObject({
    enabled: z.boolean(),
    labels: strings,
    alarmLabels: strings,
    runbooksUrl: z.string().regex(/^(https?:\/\/\S+)?$/),
    disabled: z.array(z.string().regex(/^Rootcellar[A-Za-z]+$/)),
  }),
  dashboard: z.strictObject({ enabled: z.boolean(), labels: strings }),
};

/** All values of the chart, as `chart/values.yaml` gives them; nothing else is accepted. */
export const chartValues = z.strictObject({
  // What Helm gives a chart that is part of another.
  global: kubernetesObject.optional(),
  mode: z.enum(['exec', 'agent']),
  nameOverride: z.string(),
  fullnameOverride: z.string(),
  image,
  imagePullSecrets: z.array(named),
  timeZone: z.string().min(1),
  target: z.strictObject({
    namespace: nameOrNone,
    pods: z.array(dnsName),
    container: nameOrNone,
    url: z.string().regex(/^(ldaps?:\/\/[^\s@/?#,]+)?$/),
  }),
  agent: z.strictObject({
    url: z.string().regex(/^(https?:\/\/[^\s@/?#]+\/?)?$/),
    operatorTokenKey: key,
    restorerTokenKey: key,
    caKey: key,
  }),
  /** The schema of the configuration file takes its place. */
  config: kubernetesObject,
  secrets,
  aws: z.strictObject({
    credentialsKey: key,
    webIdentity: z.strictObject({ roleArn: z.string(), audience: z.string().min(1), expirationSeconds: z.int().min(600) }),
  }),
  serviceAccount: z.strictObject({ create: z.boolean(), name: nameOrNone, annotations: strings }),
  rbac: z.strictObject({ create: z.boolean() }),
  init: z.strictObject({ enabled: z.boolean() }),
  jobDefaults,
  jobs: z.strictObject({ backup: job, verify: job, prune: job, forget: job, drill: job }),
  restore,
  deployment,
  cronJobs: z.union([z.boolean(), z.literal('auto')]),
  staging: volume,
  cache: volume,
  tmp: z.strictObject({ size: quantity }),
  resources,
  podSecurityContext: kubernetesObject,
  containerSecurityContext: kubernetesObject,
  podLabels: strings,
  podAnnotations: strings,
  extraEnv: variables,
  envFrom: z.array(
    z.strictObject({
      prefix: z.string().optional(),
      secretRef: z.strictObject({ name: dnsName, optional: z.boolean().optional() }).optional(),
      configMapRef: z.strictObject({ name: dnsName, optional: z.boolean().optional() }).optional(),
    }),
  ),
  extraVolumes: z.array(named.loose()),
  extraVolumeMounts: z.array(named.loose()),
  nodeSelector: strings,
  tolerations: kubernetesList,
  affinity: kubernetesObject,
  priorityClassName: nameOrNone,
  ...watching,
  test: z.strictObject({ enabled: z.boolean() }),
});
