import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactWords } from './redact-words.ts';

test('redactWords() keeps what somebody looked for', () => {
  const words = [
    'entry',
    'find',
    '--where',
    '(&(mail=jane@example.com)(!(cn=a b)))',
    'uid=jane,ou=people',
    '--from',
    'latest',
    '--token-file',
    '/run/t',
  ];
  assert.deepEqual(redactWords(words), words);
  assert.deepEqual(redactWords(['--password-file=/run/secrets/p']), ['--password-file=/run/secrets/p']);
});

test('redactWords() takes out what goes with the name of a secret, wherever it stands', () => {
  for (const [word, expected] of [
    ['(userPassword=s3cret)', '(userPassword=***)'],
    ['(&(uid=a)(userpassword>=s3cret)(pwdHistory;x-a:2.5.13.5:=s3cret))', '(&(uid=a)(userpassword>=***)(pwdHistory;x-a:2.5.13.5:=***))'],
    ['(ds-private-key=s3cret)', '(ds-private-key=***)'],
    ['--password=s3cret', '--password=***'],
    ['userPassword: s3cret with spaces', 'userPassword: ***'],
    ['https://jane:s3cret@example.com/x', 'https://***@example.com/x'],
    ['Authorization: Bearer s3cret-s3cret', 'Authorization: Bearer ***'],
  ] as const) {
    assert.deepEqual(redactWords([word]), [expected]);
  }
  assert.deepEqual(redactWords(['x', '--token', 's3cret', 'y', '--password', '--yes']), [
    'x',
    '--token',
    '***',
    'y',
    '--password',
    '--yes',
  ]);
});

test('redactWords() keeps few and short words', () => {
  const long = redactWords(['x'.repeat(5000), ...Array.from({ length: 200 }, () => 'y')]);
  assert.equal(long[0]?.length, 401);
  assert.equal(long.length, 61);
  assert.equal(long.at(-1), 'and 141 more');
});
