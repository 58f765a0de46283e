import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { startInstanceMetadata, startPodIdentityAgent } from '../harness/aws-credential-services.ts';
import { passwordFile } from '../harness/archive-password.ts';
import { type RootcellarResult, runRootcellar } from '../harness/rootcellar.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { type VersitygwServer, startVersitygw } from '../harness/versitygw.ts';

let server: VersitygwServer;
let folder: TemporaryFolder;

before(async () => {
  [server, folder] = await Promise.all([startVersitygw({ tls: true, buckets: ['archive'] }), temporaryFolder('credentials')]);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await folder.remove();
});

/** Makes an archive with these variables and nothing else to find credentials by. */
function init(name: string, env: Readonly<Record<string, string>>): Promise<RootcellarResult> {
  const store = {
    ROOTCELLAR_ARCHIVE: `s3://archive/${name}`,
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_S3_ENDPOINT: server.endpoint,
  };
  return runRootcellar(['init'], { env: { ...store, ROOTCELLAR_S3_CA_FILE: server.caFile ?? '', ...env } });
}

function assertMade(result: RootcellarResult, name: string): void {
  const { exitCode, stdout, stderr } = result;
  assert.deepEqual([exitCode, stdout.split('\n')[0], stderr], [0, `Made the archive s3://archive/${name} (layout repository).`, '']);
}

function assertRefused(result: RootcellarResult, name: string, state: string): void {
  const [sentence] = result.stderr.split('\n');
  assert.equal(sentence, `rootcellar: Cannot read ".rootcellar/archive.json" in s3://archive/${name}: ${state}`);
  assert.match(result.stderr, /^ {2}→ /m);
  assert.deepEqual([result.exitCode, result.stdout], [1, '']);
}

async function file(name: string, ...lines: readonly string[]): Promise<string> {
  const written = path.join(folder.path, name);
  await writeFile(written, lines.join('\n'), { mode: 0o600 });
  return written;
}

const keyLines = () => [`aws_access_key_id = ${server.accessKeyId}`, `aws_secret_access_key = ${server.secretAccessKey}`];
const noInstance = { AWS_EC2_METADATA_DISABLED: 'true' };

describe('credentials', () => {
  test('come from the environment', async () => {
    const env = { AWS_ACCESS_KEY_ID: server.accessKeyId, AWS_SECRET_ACCESS_KEY: server.secretAccessKey };
    assertMade(await init('environment', env), 'environment');
  });

  test('come from a profile of the credentials file', async () => {
    const credentials = await file('credentials', '[default]', 'aws_access_key_id = nobody', 'aws_secret_access_key = none', '[backup]');
    await writeFile(
      credentials,
      keyLines()
        .map((line) => `\n${line}`)
        .join(''),
      { flag: 'a' },
    );

    assertMade(await init('profile', { AWS_PROFILE: 'backup', AWS_SHARED_CREDENTIALS_FILE: credentials }), 'profile');
    assertRefused(
      await init('default', { AWS_SHARED_CREDENTIALS_FILE: credentials }),
      'default',
      'the store refused the credentials (InvalidAccessKeyId)',
    );
  });

  test('come from a profile of the configuration file', async () => {
    const config = await file('config', '[profile backup]', ...keyLines(), '');
    assertMade(await init('config', { AWS_PROFILE: 'backup', AWS_CONFIG_FILE: config }), 'config');
  });

  test('of a profile that is not there are missed by its name', async () => {
    const state = 'no AWS credentials were found for the profile "absent"';
    assertRefused(await init('absent', { AWS_PROFILE: 'absent', ...noInstance }), 'absent', state);
  });

  test('come from EKS Pod Identity, with the token of the pod', async () => {
    const podToken = 'pod-token-0nly-agent-Vm3';
    await using agent = await startPodIdentityAgent(server, podToken);
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/v1/credentials` };

    const AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = await file('pod-token', podToken);
    assertMade(await init('pod', { ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE }), 'pod');

    assert.equal(agent.given(), 1);
  });

  test('are refused by EKS Pod Identity to the token of somebody else', async () => {
    await using agent = await startPodIdentityAgent(server, 'pod-token-0nly-agent-Vm3');
    const result = await init('other-pod', {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: await file('other-token', 'another-token-Lk2'),
    });

    assertRefused(result, 'other-pod', 'the credential service of the container (EKS Pod Identity, ECS) gave no AWS credentials');
    assert.doesNotMatch(result.stderr, /another-token-Lk2/);
    assert.equal(agent.given(), 0);
  });

  test('are missed with the name of the token file that cannot be read', async () => {
    await using agent = await startPodIdentityAgent(server, 'any');
    const absent = path.join(folder.path, 'no-token');
    const state = `the file "${absent}" cannot be read for credentials (ENOENT)`;
    const ofPod = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: absent,
    };
    const ofRole = { AWS_WEB_IDENTITY_TOKEN_FILE: absent, AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/backup' };

    assertRefused(await init('no-token', ofPod), 'no-token', state);
    assertRefused(await init('no-token', ofRole), 'no-token', state);
  });

  test("come from the instance's role, by version 2 of its metadata service", async () => {
    await using metadata = await startInstanceMetadata(server, 'backup-role');

    assertMade(await init('instance', { AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url }), 'instance');

    assert.equal(metadata.given(), 1);
  });

  test('are missed in one sentence where there are none at all', async () => {
    assertRefused(await init('none', noInstance), 'none', 'no AWS credentials were found');
  });
});
