import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { exampleBackend, exampleDescription } from '../../test/harness/example-server.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { keyOfFile, keyWarnings, refuseKeysThatStayBehind } from './check-keys.ts';

test('refuseKeysThatStayBehind() refuses to have OpenDJ encrypt, and nothing else', () => {
  assert.throws(() => refuseKeysThatStayBehind(exampleDescription(), true), {
    code: 'E_KEYS_STAY_BEHIND',
    exitCode: 2,
    message:
      'Cannot have OpenDJ encrypt its backup: the key would lie only in the configuration of this one server, and without it no other server can restore',
    hint: 'set backup.encrypt to false: the layout repository encrypts all that it keeps, and in the layout plain the bucket can (s3.encryption)',
  });
  for (const encrypt of [false, 'server-default'] as const) {
    assert.doesNotThrow(() => refuseKeysThatStayBehind(exampleDescription(), encrypt));
  }
  assert.doesNotThrow(() => refuseKeysThatStayBehind(exampleDescription({ product: 'PingDirectory' }), true));
});

test('keyWarnings() tells of confidential backends and of keys that are not known', () => {
  assert.deepEqual(keyWarnings([exampleBackend()], undefined), []);
  assert.deepEqual(keyWarnings([exampleBackend()], { isKnown: false, reason: 'no list' }), [
    'which keys the set needs could not be told: no list',
  ]);
  assert.match(
    keyWarnings([exampleBackend({ isConfidential: true })], undefined)[0] ?? '',
    /^userRoot: the entries are encrypted with keys/,
  );
});

test('keyOfFile() reads the key from the first bytes of what OpenDJ encrypted, and of nothing else', async () => {
  await using folder = await temporaryFolder('key');
  const of = async (hex: string, product: 'OpenDJ' | 'PingDirectory' = 'OpenDJ') => {
    const file = path.join(folder.path, 'file');
    await writeFile(file, Buffer.from(hex, 'hex'));
    return keyOfFile(file, product);
  };

  assert.equal(await of('01fb6e2a9d4c094dadb7269239144b90d1cac1'), 'fb6e2a9d-4c09-4dad-b726-9239144b90d1');
  assert.equal(await of('01fb6e2a9d4c094dadb7269239144b90d1cac1', 'PingDirectory'), undefined);
  assert.equal(await of('504b0304fb6e2a9d4c094dadb7269239144b90d1'), undefined);
  assert.equal(await of('01fb6e'), undefined);
});
