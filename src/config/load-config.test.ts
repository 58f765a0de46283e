import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Failure } from '../foundation/failure.ts';
import { loadConfig, type ConfigSources, type LoadedConfig } from './load-config.ts';
import { formatSource } from './setting-values.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rootcellar-config-'));
});
after(() => rm(folder, { recursive: true }));

async function configFile(text: string): Promise<string> {
  const file = path.join(folder, 'rootcellar.yaml');
  await writeFile(file, text);
  return file;
}

async function load(sources: Partial<ConfigSources> & { readonly text?: string }): Promise<LoadedConfig> {
  const file = sources.text === undefined ? undefined : await configFile(sources.text);
  return loadConfig({ environment: {}, flags: {}, configFile: file, ...sources });
}

async function refusal(sources: Partial<ConfigSources> & { readonly text?: string }): Promise<string> {
  const error = await load(sources).then(
    () => assert.fail('was not refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Failure);
  assert.equal(error.exitCode, 2);
  return `${error.message.replaceAll(folder, '')} → ${error.hint}`;
}

describe('loadConfig()', () => {
  test('lets a flag win over a variable, a variable over the file, the file over the default', async () => {
    const { config, effective, file } = await load({
      text: 's3:\n  attempts: 2\n  region: eu-west-1\n  partSize: 16MiB\n',
      environment: { ROOTCELLAR_S3_ATTEMPTS: '3', ROOTCELLAR_S3_REGION: 'eu-west-2' },
      flags: { 's3.attempts': '4' },
    });

    assert.equal(config.s3.attempts, 4);
    assert.equal(config.s3.region, 'eu-west-2');
    assert.equal(config.s3.partSize, 16 * 1024 * 1024);
    assert.equal(config.s3.concurrency, 4);
    const sources = Object.fromEntries(effective.map(({ setting, source }) => [setting.name, formatSource(source)]));
    assert.equal(sources['s3.attempts'], '--s3-attempts');
    assert.equal(sources['s3.region'], 'ROOTCELLAR_S3_REGION');
    assert.equal(sources['s3.partSize'], `${file}:4:13`);
    assert.equal(sources['s3.concurrency'], 'default');
  });

  test('reads JSON, lists, durations in milliseconds, and the file that ROOTCELLAR_CONFIG names', async () => {
    const file = await configFile('{"backup": {"backends": ["userRoot"], "encrypt": true}, "status": {"maxAge": "1h30m"}}');

    const { config } = await load({ environment: { ROOTCELLAR_CONFIG: file } });

    assert.deepEqual(config.backup.backends, ['userRoot']);
    assert.equal(config.backup.encrypt, 'true');
    assert.equal(config.status.maxAge, 5_400_000);
  });

  test('takes relative paths of the file from the folder of the file', async () => {
    const { config } = await load({ text: 'archive: ./kept\npasswordFile: key\n' });

    assert.equal(config.archive, path.join(folder, 'kept'));
    assert.equal(config.passwordFile, path.join(folder, 'key'));
  });

  test('reads groups inside of a group, from all sources', async () => {
    const { config } = await load({
      text: 'copy:\n  archive: ./second\n  s3: { region: eu-west-1, profile: second }\n',
      environment: { ROOTCELLAR_COPY_S3_ENDPOINT: 'https://s3.example.com' },
      flags: { 'copy.s3.region': 'eu-west-2' },
    });

    const { archive, layout, s3 } = config.copy;
    assert.deepEqual([archive, layout], [path.join(folder, 'second'), 'repository']);
    assert.deepEqual([s3.endpoint, s3.region, s3.profile, s3.pathStyle], ['https://s3.example.com', 'eu-west-2', 'second', 'auto']);
    assert.equal(config.s3.region, undefined);
  });

  test('takes an empty file, an empty group and an empty variable for nothing', async () => {
    const { config } = await load({ text: 's3:\n# nothing yet\n', environment: { ROOTCELLAR_ARCHIVE: '' } });

    assert.equal(config.archive, undefined);
  });

  test('leaves the variables of the tests, of agents and of Kubernetes services alone', async () => {
    await load({
      environment: {
        ROOTCELLAR_SUPERVISED: '1',
        ROOTCELLAR_ASKED_BY: 'anna',
        ROOTCELLAR_TEST_ANYTHING: '1',
        ROOTCELLAR_SERVICE_HOST: '10.0.0.1',
        ROOTCELLAR_SERVICE_PORT_HTTP: '8080',
        ROOTCELLAR_PORT: 'tcp://10.0.0.1:8080',
        ROOTCELLAR_CONSOLE_PORT_8080_TCP_ADDR: '10.0.0.1',
      },
    });
  });
});

const refusals: readonly (readonly [string, Parameters<typeof refusal>[0], string])[] = [
  [
    'a typo in the file',
    { text: 'archive: /a\ns3:\n  endpont: https://s3.example.com\n' },
    'Cannot use the configuration file /rootcellar.yaml:3:3: "s3.endpont" is not a setting → did you mean "s3.endpoint"?',
  ],
  [
    'a typo in a group inside of a group',
    { text: 'copy:\n  s3:\n    endpont: https://s3.example.com\n' },
    'Cannot use the configuration file /rootcellar.yaml:3:5: "copy.s3.endpont" is not a setting → did you mean "copy.s3.endpoint"?',
  ],
  [
    'a group inside of a group that is given a value',
    { text: 'copy:\n  s3: https://s3.example.com\n' },
    'Cannot use the configuration file /rootcellar.yaml:2:7: "copy.s3" is a group of settings, not a value → write one of copy.s3.endpoint, copy.s3.region, copy.s3.profile, … inside it',
  ],
  [
    'days of a lock that the second archive does not have',
    { flags: { 'copy.objectLock.days': '7' } },
    'Cannot use the setting copy.objectLock.days from --copy-object-lock-days: copy.objectLock.mode is none, which locks nothing → set copy.objectLock.mode to governance or compliance',
  ],
  [
    'a key that is like no setting',
    { text: 'wonderful: 1' },
    'Cannot use the configuration file /rootcellar.yaml:1:1: "wonderful" is not a setting → run "rootcellar config schema" to see all settings',
  ],
  [
    'a group that is given a value',
    { text: 'server: ldaps://localhost:1636' },
    'Cannot use the configuration file /rootcellar.yaml:1:9: "server" is a group of settings, not a value → write one of server.url, server.name, server.via, … inside it',
  ],
  [
    'a container of no pod',
    { flags: { 'kubernetes.container': 'pingdirectory' } },
    'Cannot use the setting kubernetes.container from --kubernetes-container: kubernetes.pod is not set → name the pod of the server, or leave this setting out',
  ],
  [
    "the server's own programs in another pod",
    { flags: { 'kubernetes.pod': 'ds-0', 'server.via': 'tools', 'server.home': '/opt/out/instance' } },
    'Cannot use the setting server.via from --server-via: kubernetes.pod is set, and the server in that pod is given its work over LDAP → set server.via to ldap',
  ],
  [
    'a shared folder beside a pod',
    { flags: { 'kubernetes.pod': 'ds-0', 'staging.serverFolder': '/opt/out' } },
    'Cannot use the setting staging.serverFolder from --staging-server-folder: kubernetes.pod is set, so that no folder is shared with the server → set kubernetes.folder instead',
  ],
  [
    'a name that no pod can have',
    { environment: { ROOTCELLAR_KUBERNETES_POD: 'pods/ds-0' } },
    'Cannot use the setting kubernetes.pod from ROOTCELLAR_KUBERNETES_POD: "pods/ds-0" is not the name of a pod → write for example ROOTCELLAR_KUBERNETES_POD=pingdirectory-0',
  ],
  [
    'a duration without its unit',
    { text: 's3:\n  requestTimeout: 90\n' },
    'Cannot use the setting s3.requestTimeout from /rootcellar.yaml:2:19: "90" is not a duration with its unit, such as 30s, 15m, 6h or 30d → write for example requestTimeout: 30s',
  ],
  [
    'a wrong unit in a variable',
    { environment: { ROOTCELLAR_S3_PART_SIZE: '8 megs' } },
    'Cannot use the setting s3.partSize from ROOTCELLAR_S3_PART_SIZE: "8 megs" is not a size with its unit, such as 512KiB, 64MiB or 2GiB → write for example ROOTCELLAR_S3_PART_SIZE=16MiB',
  ],
  [
    'a wrong type in a flag',
    { flags: { 's3.attempts': 'many' } },
    'Cannot use the setting s3.attempts from --s3-attempts: "many" is not a whole number from 1 to 100 → write for example --s3-attempts 5',
  ],
  [
    'a word that is no choice',
    { text: 'log: { level: loud }' },
    'Cannot use the setting log.level from /rootcellar.yaml:1:15: "loud" is not one of trace, debug, info, warn, error, silent → write for example level: info',
  ],
  [
    'an address with a password inside, without printing it',
    { environment: { ROOTCELLAR_SERVER_URL: 'ldaps://admin:hunter2@localhost:1636' } },
    'Cannot use the setting server.url from ROOTCELLAR_SERVER_URL: "ldaps://***@localhost:1636" is not an ldaps:// or ldap:// address without a user or password inside → write for example ROOTCELLAR_SERVER_URL=ldaps://localhost:1636',
  ],
  [
    'a mistyped variable',
    { environment: { ROOTCELLAR_ARCHIV: '/a' } },
    'Cannot use the environment variable ROOTCELLAR_ARCHIV: there is no such setting → did you mean ROOTCELLAR_ARCHIVE?',
  ],
  [
    'a setting without a value',
    { text: 'archive:\n' },
    'Cannot use the setting archive from /rootcellar.yaml:1:9: an empty value is not s3://bucket/path or a folder that begins with / or ./ → write for example archive: s3://backups/directory',
  ],
  [
    'a file that is not YAML',
    { text: 'archive: "unfinished\n' },
    'Cannot read the configuration file /rootcellar.yaml:2:1: Missing closing "quote → correct the line; it has to be YAML or JSON',
  ],
  [
    'a key that is there twice',
    { text: 'archive: /a\narchive: /b\n' },
    'Cannot read the configuration file /rootcellar.yaml:2:1: Map keys must be unique → correct the line; it has to be YAML or JSON',
  ],
  [
    'a file without settings',
    { text: '- archive' },
    'Cannot read the configuration file /rootcellar.yaml: it holds no settings → write settings as "archive: s3://bucket/path"',
  ],
  [
    'a file that is not there',
    { environment: { ROOTCELLAR_CONFIG: '/nowhere/rootcellar.yaml' } },
    'Cannot read the configuration file /nowhere/rootcellar.yaml named by ROOTCELLAR_CONFIG: there is no such file → name a file that this user may read',
  ],
  [
    'a folder in place of the file',
    { configFile: '/' },
    'Cannot read the configuration file / named by --config: it is a folder → name a file that this user may read',
  ],
  [
    'a KMS key without KMS encryption',
    { flags: { 's3.kmsKeyId': 'key' } },
    'Cannot use the setting s3.kmsKeyId from --s3-kms-key-id: s3.encryption is none, which uses no such key → set s3.encryption to aws:kms',
  ],
  [
    'a lock without a time',
    { flags: { 'objectLock.mode': 'governance' } },
    'Cannot use the setting objectLock.mode from --object-lock-mode: objectLock.days is not set → say for how many days all that is archived is to stay locked',
  ],
  [
    'a time without a lock',
    { flags: { 'objectLock.days': '14' } },
    'Cannot use the setting objectLock.days from --object-lock-days: objectLock.mode is none, which locks nothing → set objectLock.mode to governance or compliance',
  ],
  [
    'a lock in a folder',
    { flags: { 'objectLock.mode': 'compliance', 'objectLock.days': '14', archive: '/backups' } },
    'Cannot use the setting objectLock.mode from --object-lock-mode: the archive /backups is a folder, which has no Object Lock → use it with an archive in S3 only',
  ],
  [
    'a token for a receiver that is not set',
    { flags: { 'notify.webhookTokenFile': '/token' } },
    'Cannot use the setting notify.webhookTokenFile from --notify-webhook-token-file: notify.webhook is not set → set both, or none',
  ],
  [
    'a mail server and nobody to mail to',
    { environment: { ROOTCELLAR_NOTIFY_MAIL_SERVER: 'smtps://mail.example.com' } },
    'Cannot use the setting notify.mail.server from ROOTCELLAR_NOTIFY_MAIL_SERVER: notify.mail.to is not set → set both, or none',
  ],
  [
    'a mail address that is none',
    { flags: { 'notify.mail.from': 'rootcellar' } },
    'Cannot use the setting notify.mail.from from --notify-mail-from: "rootcellar" is not an address such as backups@example.com → write for example --notify-mail-from rootcellar@example.com',
  ],
  [
    'a mail server with a password in its address',
    { flags: { 'notify.mail.server': 'smtp://user:pw@mail.example.com' } },
    'Cannot use the setting notify.mail.server from --notify-mail-server: "smtp://***@mail.example.com" is not an smtp:// or smtps:// address without a user or password inside → write for example --notify-mail-server smtps://mail.example.com',
  ],
  [
    'an OpenID provider over plain HTTP',
    { flags: { 'agent.oidc.issuer': 'http://id.example.com' } },
    'Cannot use the setting agent.oidc.issuer from --agent-oidc-issuer: "http://id.example.com" is not an https:// address without a user, a query or a fragment → write for example --agent-oidc-issuer https://id.example.com/realms/staff',
  ],
  [
    'an OpenID provider without the client that it knows',
    { flags: { 'agent.oidc.issuer': 'https://id.example.com' } },
    'Cannot use the setting agent.oidc.issuer from --agent-oidc-issuer: agent.oidc.clientId is not set → name the client that the provider knows',
  ],
  [
    'an OpenID provider by which nobody could do anything',
    { flags: { 'agent.oidc.issuer': 'http://127.0.0.1:1', 'agent.oidc.clientId': 'rootcellar' } },
    'Cannot use the setting agent.oidc.issuer from --agent-oidc-issuer: no agent.oidc.roles are set, so nobody could do anything → say which groups are viewers, operators or restorers',
  ],
  [
    'groups of an OpenID provider that there is not',
    { environment: { ROOTCELLAR_AGENT_OIDC_ROLES_VIEWER: 'staff' } },
    'Cannot use the setting agent.oidc.roles.viewer from ROOTCELLAR_AGENT_OIDC_ROLES_VIEWER: agent.oidc.issuer is not set → name the OpenID provider, or leave this setting out',
  ],
  [
    'a window of time with a rate that cannot be read',
    { environment: { ROOTCELLAR_S3_RATE_WINDOWS: '08:00-18:00=20MiB,18:00-20:00=20' } },
    'Cannot use the setting s3.rateWindows from ROOTCELLAR_S3_RATE_WINDOWS: "18:00-20:00=20" is no window of time with a rate → write for example 08:00-18:00=20MiB, mon-fri 22:00-06:00=5MiB or sat 00:00-24:00=none',
  ],
  [
    'a time zone that is none',
    { flags: { 's3.rateTimeZone': 'Europe/Atlantis', 's3.rateWindows': '08:00-18:00=20MiB' } },
    'Cannot use the setting s3.rateTimeZone from --s3-rate-time-zone: this system knows no such time zone → name one of the IANA database, such as Europe/Berlin or UTC',
  ],
  [
    'a time zone of windows that are not there',
    { text: 's3: { rateTimeZone: Europe/Berlin }' },
    'Cannot use the setting s3.rateTimeZone from /rootcellar.yaml:1:21: s3.rateWindows is not set → set it, or leave the time zone out',
  ],
  [
    'an account without its password file',
    { environment: { ROOTCELLAR_SERVER_BIND_DN: 'cn=admin' } },
    'Cannot use the setting server.bindDn from ROOTCELLAR_SERVER_BIND_DN: server.bindPasswordFile is not set → name the file that holds the password of the account',
  ],
];

for (const [what, sources, sentence] of refusals) {
  test(`loadConfig() refuses ${what}`, async () => {
    assert.equal(await refusal(sources), sentence);
  });
}
