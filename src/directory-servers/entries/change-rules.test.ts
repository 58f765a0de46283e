import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ChangeRecord } from '../../domain/change-record.ts';
import { bytesOf } from './change-abilities.ts';
import { type ChangeRules, oids, rehearsalOf, requestsOf } from './change-rules.ts';

const none: ChangeRules = {
  isServers: (name) => name.toLowerCase() === 'entryuuid',
  ignoresNoUserModification: false,
  takesPasswordBehaviour: false,
  repairs: false,
};
const ping: ChangeRules = { ...none, ignoresNoUserModification: true, takesPasswordBehaviour: true };
const opendj: ChangeRules = { ...none, repairs: true };

const named = (name: string, value: string) => ({ name, values: [Buffer.from(value)] });
const plain: ChangeRecord = { kind: 'add', dn: 'uid=a', attributes: [named('uid', 'a')] };
const whole: ChangeRecord = {
  kind: 'add',
  dn: 'uid=a',
  attributes: [named('uid', 'a'), named('entryUUID', 'u'), named('userPassword', '{SSHA}x')],
};
const password: ChangeRecord = {
  kind: 'modify',
  dn: 'uid=a',
  changes: [{ op: 'replace', ...named('userPassword;x-a', '{PBKDF2-HMAC-SHA256}x') }],
};

suite('requestsOf()', () => {
  const cases: readonly [string, ChangeRecord, ChangeRules, readonly string[][]][] = [
    ['an ordinary addition', plain, ping, [[oids.manageDsaIt]]],
    [
      'an addition with all on PingDirectory',
      whole,
      ping,
      [[oids.manageDsaIt, oids.ignoreNoUserModification, oids.passwordUpdateBehavior]],
    ],
    ['a password on PingDirectory', password, ping, [[oids.manageDsaIt, oids.passwordUpdateBehavior]]],
    ['an ordinary addition on OpenDJ', plain, opendj, [[oids.manageDsaIt]]],
    [
      'an addition with all on OpenDJ',
      whole,
      opendj,
      [
        [oids.manageDsaIt, oids.noOperation],
        [oids.manageDsaIt, oids.replicationRepair],
      ],
    ],
    ['a password on OpenDJ', password, opendj, [[oids.manageDsaIt, oids.replicationRepair]]],
    ['an addition with all on a server that can nothing', whole, none, [[oids.manageDsaIt]]],
    ['a deletion', { kind: 'delete', dn: 'uid=a' }, opendj, [[oids.manageDsaIt]]],
  ];
  for (const [what, change, rules, controls] of cases) {
    test(`${what}: the controls`, () => {
      assert.deepEqual(
        requestsOf(change, rules).map((request) => request.controls.map(({ oid }) => oid)),
        controls,
      );
      assert.deepEqual(requestsOf(change, rules).at(-1)?.change, change, 'the last request is the whole change');
    });
  }

  test('what is checked beforehand is what every client may write', () => {
    const [check] = requestsOf(whole, opendj);
    assert.deepEqual(check, { change: plain, controls: check?.controls, isCheck: true });
  });

  test('a rehearsal changes nothing', () => {
    for (const rules of [none, ping, opendj]) {
      for (const request of rehearsalOf(whole, rules)) {
        assert.ok(request.isCheck && request.controls.some(({ oid, isCritical }) => oid === oids.noOperation && isCritical));
      }
    }
  });

  test('the control for passwords has the value of its ASN.1', () => {
    const control = requestsOf(password, ping)[0]?.controls.find(({ oid }) => oid === oids.passwordUpdateBehavior);
    assert.equal(control?.value?.toString('hex'), '300c8101ff8201ff8301ff8401ff');
  });
});

suite('bytesOf()', () => {
  const cases: readonly [string, number | undefined][] = [
    ['5 megabytes', 5_000_000],
    ['5 mb', 5_000_000],
    ['4 mebibytes', 4 * 1024 * 1024],
    ['4 MiB', 4 * 1024 * 1024],
    ['500 b', 500],
    ['500', 500],
    ['2 gigabytes', 2_000_000_000],
    ['3 kibibytes', 3072],
    ['0 b', undefined],
    ['much', undefined],
  ];
  for (const [text, expected] of cases) test(`"${text}"`, () => assert.equal(bytesOf(text), expected));
});
