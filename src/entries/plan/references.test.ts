import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standardSchema } from '../../domain/schema/standard-schema.ts';
import { mayRefer } from './references.ts';

const entry = (...lines: readonly string[]): Buffer => Buffer.from(['dn: cn=a,dc=example,dc=com', ...lines, '', ''].join('\n'));

test('mayRefer() finds every spelling of an attribute that names entries, and nothing else', () => {
  const test = mayRefer(standardSchema);

  for (const line of [
    'member: cn=b',
    'MEMBER:: Y249Yg==',
    'uniqueMember;x-a: cn=b',
    '2.5.4.31: cn=b',
    'mana\n ger: cn=b',
    'manager\r\n : cn=b',
  ])
    assert.ok(test(entry('cn: a', line)), line);
  for (const line of ['cn: member: x', 'description: manager', 'memberOf2: cn=b', 'creatorsName: cn=b', 'mail: a\n member: b'])
    assert.ok(!test(entry(line)), line);
});
