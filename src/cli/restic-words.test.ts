import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configSchema } from '../config/schema.ts';
import { resticWords } from './restic-words.ts';

const { s3 } = configSchema.parse({});

describe('resticWords()', () => {
  const cases: readonly (readonly [string, Parameters<typeof resticWords>[0], string])[] = [
    ['a folder', { archive: '/backups', passwordFile: '/run/password', s3 }, '-r /backups --password-file /run/password'],
    ['the URL of a folder', { archive: 'file:///backups', passwordFile: 'p', s3 }, '-r /backups --password-file p'],
    [
      'a name that a shell would read otherwise',
      { archive: "./it's here", passwordFile: 'p', s3 },
      `-r './it'\\''s here' --password-file p`,
    ],
    [
      'a bucket whose address the environment knows',
      { archive: 's3://b/path', passwordFile: 'p', s3 },
      '-r s3:ENDPOINT/b/path --password-file p',
    ],
    [
      'a bucket of a server with a private authority',
      { archive: 's3://b/path', passwordFile: 'p', s3: { ...s3, endpoint: 'https://s3.example.com/', caFile: '/ca.pem' } },
      '-r s3:https://s3.example.com/b/path --password-file p --cacert /ca.pem',
    ],
  ];
  for (const [what, config, words] of cases) {
    test(`names ${what}`, () => assert.equal(resticWords(config).join(' '), words));
  }
});
