import { z } from 'zod';
import { agentSettings } from './agent-settings.ts';
import { metricsSettings } from './metrics-settings.ts';
import { notifySettings } from './notify-settings.ts';
import { s3Place, s3Settings } from './s3-settings.ts';
import { replicationSettings, serverSettings } from './server-settings.ts';
import { kubernetes } from './kubernetes-settings.ts';
import {
  boolean,
  choice,
  count,
  duration,
  names,
  optionalCount,
  optionalDuration,
  path,
  share,
  sizeBetween,
  text,
} from './setting-kinds.ts';

const keepMost = 100_000;
const leastPackBytes = 64 * 1024;
/** As restic has it. */
const mostPackBytes = 128 * 1024 * 1024;

const staging = z.strictObject({
  folder: path({ description: 'folder where the server and rootcellar both see the files of a run', example: '/opt/backup/rootcellar' }),
  serverFolder: text(
    {
      description: 'the same folder as the server sees it; otherwise the same path',
      expected: 'a path from the root',
      example: '/opt/out/rootcellar',
      placeholder: 'PATH',
    },
    /^(\/|[A-Za-z]:[\\/])/,
  ),
});

const backup = z.strictObject({
  backends: names({
    description: 'backends to back up; otherwise every user backend, the schema and the configuration',
    example: 'userRoot,schema',
  }),
  encrypt: choice(['false', 'true', 'server-default'], 'false', {
    description: 'have the server encrypt what it writes; such a file needs the encryption settings to be of use',
  }),
  encryptionSettings: choice(['export', 'leave-out'], 'export', {
    description:
      "whether PingDirectory's encryption settings, without which its data may be lost, are in each backup; leave-out: they are kept elsewhere",
  }),
  compress: boolean(false, { description: 'have the server compress what it writes, which takes it much longer' }),
  export: choice(['auto', 'true', 'false'], 'auto', {
    description:
      'have the server export the entries of each user backend into the set too, so that a restore can be proven entry by entry; auto does so in the layout repository, which encrypts it, and not in plain, where it would lie in clear text',
    example: 'true',
  }),
  maxMegabytesPerSecond: optionalCount(1, keepMost, { description: 'limit of how fast the server reads its database', example: '50' }),
  suspicionShare: share(0.5, {
    description: 'a set with less than this share of the bytes or entries of the one before is kept but flagged as suspicious',
  }),
});

const retention = z.strictObject({
  keepLast: optionalCount(1, keepMost, { description: 'keep the newest N', example: '8' }),
  keepHourly: optionalCount(1, keepMost, { description: 'keep the newest of each of the last N hours that have one', example: '24' }),
  keepDaily: optionalCount(1, keepMost, { description: 'keep the newest of each of the last N days that have one', example: '14' }),
  keepWeekly: optionalCount(1, keepMost, { description: 'keep the newest of each of the last N weeks that have one', example: '8' }),
  keepMonthly: optionalCount(1, keepMost, { description: 'keep the newest of each of the last N months that have one', example: '12' }),
  keepYearly: optionalCount(1, keepMost, { description: 'keep the newest of each of the last N years that have one', example: '5' }),
  keepWithin: optionalDuration({ description: 'keep all that are not older than this, counted from the newest', example: '30d' }),
  minimum: count(1, keepMost, 1, { description: 'never keep fewer good ones of a server than this, whatever the rule says', example: '3' }),
  minimumProven: count(0, keepMost, 1, {
    description: 'never keep fewer of a server that a restore or drill has proven than this, as far as there are any',
    example: '2',
  }),
});

function location(wording: { readonly description: string; readonly example: string }) {
  return text(
    { ...wording, expected: 's3://bucket/path or a folder that begins with / or ./', placeholder: 'LOCATION' },
    /^(s3:\/\/[a-zA-Z0-9][a-zA-Z0-9._-]+(\/[^?#]*)?|file:\/\/\/.*|\/.*|\.{1,2}(\/.*)?)$/,
  );
}

const objectLock = z.strictObject({
  mode: choice(['none', 'governance', 'compliance'], 'none', {
    description:
      'lock what is archived (S3 Object Lock), so that nobody can remove it before its time; governance can be lifted with a special right, compliance by nobody',
    example: 'governance',
  }),
  days: optionalCount(1, 36_500, {
    description: 'after each run all that a snapshot needs is locked for at least so many days',
    example: '14',
  }),
});

const copy = z.strictObject({
  archive: location({
    description: 'the second archive, which `copy` copies to: s3://bucket/path or a folder, best in another region or account',
    example: 's3://backups-elsewhere/directory',
  }),
  layout: choice(['repository', 'plain'], 'repository', { description: 'how the backups lie in the second archive' }),
  passwordFile: path({
    description: "file that holds the password of the second archive's key (layout repository); otherwise passwordFile",
    example: '/run/secrets/second-password',
    isSecretFile: true,
  }),
  s3: z.strictObject(s3Place).prefault({}),
  objectLock: objectLock.prefault({}),
});

const drill = z.strictObject({
  installation: path({
    description: "the server's product as it is published, a folder or a zip archive, which `drill` makes its scratch server from",
    example: '/opt/drill/opendj-server-legacy-5.0.3.zip',
  }),
  assertions: path({
    description: 'file of searches with what they must find, which each `drill` runs on the restored server',
    example: '/etc/rootcellar/assertions.yaml',
  }),
  folder: path({
    description:
      'folder below which each drill works, and leaves nothing; otherwise .drills in the staging folder, or the temporary folder of the system',
    example: '/var/tmp/drills',
  }),
  heap: sizeBetween(64 * 1024 * 1024, Number.MAX_SAFE_INTEGER, '512MiB', {
    description: "bound of the scratch server's heap",
    expected: 'a size from 64MiB with its unit',
    example: '1GiB',
  }),
});

/**
 * Every setting of rootcellar: the one definition from which the file's syntax, the `ROOTCELLAR_…` variables, the flags, the
 * JSON Schema, the completion and the reference page are made. In the parsed {@link Config} durations are milliseconds and sizes bytes.
 */
export const configSchema = z.strictObject({
  archive: location({
    description: 'the place that keeps the backups: s3://bucket/path or a folder',
    example: 's3://backups/directory',
  }),
  layout: choice(['repository', 'plain'], 'repository', {
    description: 'how the backups lie there: deduplicated and encrypted in the restic format, or the files as they are',
  }),
  passwordFile: path({
    description: 'file that holds the password of the archive, which the layout repository cannot be without',
    example: '/run/secrets/archive-password',
    isSecretFile: true,
  }),
  cacheFolder: path({
    description:
      'folder for copies of small encrypted objects of the archive, which spare requests; otherwise one in the cache of this user',
    example: '/var/cache/rootcellar',
  }),
  s3: s3Settings.prefault({}),
  objectLock: objectLock.prefault({}),
  copy: copy.prefault({}),
  server: serverSettings.prefault({}),
  replication: replicationSettings.prefault({}),
  staging: staging.prefault({}),
  kubernetes: kubernetes.prefault({}),
  backup: backup.prefault({}),
  repository: z
    .strictObject({
      packSize: sizeBetween(leastPackBytes, mostPackBytes, '16MiB', {
        description:
          'size of the objects that hold the content in the layout repository: larger ones are fewer, smaller ones take less memory',
        expected: 'a size from 64KiB to 128MiB with its unit',
        example: '32MiB',
      }),
      rehashShare: share(0.05, {
        description:
          'what the CRC-32 of a database file shows to be as in the last backup is not hashed again, but for this share of it, drawn anew each time; 1 hashes everything',
        example: '0.2',
      }),
    })
    .prefault({}),
  drill: drill.prefault({}),
  agent: agentSettings.prefault({}),
  metrics: metricsSettings.prefault({}),
  notify: notifySettings.prefault({}),
  keepLocal: count(0, 1000, 0, { description: 'staged sets to keep in the staging folder for a fast restore', example: '1' }),
  retention: retention.prefault({}),
  prune: z
    .strictObject({
      grace: duration('1d', {
        description: 'age from which on `prune` takes what no snapshot needs for left behind; must be longer than any run takes',
        example: '2d',
      }),
    })
    .prefault({}),
  status: z
    .strictObject({
      maxAge: duration('12h', {
        description: 'age of the newest good backup from which on `status` fails: two runs of six hours',
        example: '25h',
      }),
    })
    .prefault({}),
  lease: z
    .strictObject({
      duration: duration('2m', { description: 'how long a run that died keeps others out; a living one renews its lease', example: '5m' }),
    })
    .prefault({}),
  lock: z
    .strictObject({
      duration: duration('2m', {
        description: 'how long a run that died keeps others out of a repository; a living one refreshes its lock',
        example: '5m',
      }),
      wait: optionalDuration({
        description: 'how long to wait for others who work in the repository or with the same server; otherwise one is told who they are',
        example: '10m',
      }),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'warn', {
        description: 'what is logged to the standard error',
        example: 'info',
      }),
      format: choice(['auto', 'text', 'json'], 'auto', {
        description: 'form of the log; auto is json where the standard error is not a terminal',
      }),
    })
    .prefault({}),
});

/** The effective configuration. Durations are milliseconds, sizes bytes; a setting that is not set and has no default is undefined. */
export type Config = z.output<typeof configSchema>;
