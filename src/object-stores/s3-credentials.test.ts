import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { S3Client } from '@aws-sdk/client-s3';

import { CredentialSearchError, explainCredentials } from './s3-credentials.ts';

/** As the SDK throws what a service answered. */
function answer(name: string, status: number, message: string): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

async function thrownFor(error: Error, environment: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const client = new S3Client({ region: 'us-east-1', credentials: () => Promise.reject(error) });
  explainCredentials(client, environment);
  return client.config.credentials().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

async function told(error: Error, environment: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const thrown = await thrownFor(error, environment);
  assert.ok(thrown instanceof CredentialSearchError);
  const { code, message } = thrown.toFailure('Cannot list s3://archive');
  return [code, message];
}

describe('explainCredentials()', () => {
  test('tells a refusal of the token service from one of the store', async () => {
    const cases = [
      answer('AccessDenied', 403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity'),
      answer('ExpiredTokenException', 400, 'Token expired: current date/time 1 must be before the expiration date/time 0.'),
    ];
    const said = await Promise.all(cases.map((error) => told(error)));
    const state = 'Cannot list s3://archive: the token service gave no credentials for the role';
    assert.deepEqual(said, [
      ['E_CREDENTIALS_REFUSED', `${state} (AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity)`],
      [
        'E_CREDENTIALS_REFUSED',
        `${state} (ExpiredTokenException: Token expired: current date/time 1 must be before the expiration date/time 0)`,
      ],
    ]);
  });

  test('leaves passing trouble as it is, to be tried again', async () => {
    for (const error of [
      answer('IDPCommunicationErrorException', 400, 'the issuer did not answer'),
      answer('ThrottlingException', 400, 'Rate exceeded'),
      answer('InternalFailure', 500, ''),
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    ]) {
      assert.equal(await thrownFor(error), error);
    }
  });

  test('names where credentials were looked for', async () => {
    const missing = Object.assign(new Error('Could not load credentials from any providers'), { name: 'CredentialsProviderError' });
    const states = [
      await told(missing, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/role' }),
      await told(missing, { AWS_PROFILE: 'backup' }),
      await told(missing, { AWS_PROFILE: '' }),
    ];
    assert.deepEqual(
      states.map(([, message]) => message?.replace('Cannot list s3://archive: ', '')),
      [
        'the credential service of the container (EKS Pod Identity, ECS) gave no AWS credentials',
        'no AWS credentials were found for the profile "backup"',
        'no AWS credentials were found',
      ],
    );
  });

  test('leaves good credentials alone', async () => {
    const client = new S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    explainCredentials(client, {});
    assert.equal((await client.config.credentials()).accessKeyId, 'a');
  });
});
