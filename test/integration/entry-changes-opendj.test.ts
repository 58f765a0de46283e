import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, suite, test } from 'node:test';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { ldapServerAt } from '../harness/ldap-server.ts';
import type { LdapDirectoryServer } from '../../src/directory-servers/ldap-directory-server.ts';
import type { ChangeRecord } from '../../src/domain/change-record.ts';
import { attributesOf } from '../../src/domain/read-ldif.ts';
import type { ChangeOutcome } from '../../src/directory-servers/entry-changes.ts';
import {
  add,
  applyOne,
  modify,
  namedByItsDn,
  people,
  person,
  storedPassword,
  totals,
  valuesAt,
  withPhoto,
} from '../harness/entry-changes.ts';

let opendj: OpendjServer;
let server: LdapDirectoryServer;

before(async () => {
  opendj = await startOpendj({ people: 400 });
  server = ldapServerAt(opendj);
});

after(async () => {
  await server.close();
  await opendj[Symbol.asyncDispose]();
});

suite('applyChanges() on OpenDJ', () => {
  test('adds, changes, renames and deletes in waves, as asked', async () => {
    const [dn, renamed] = [`uid=waves,${people}`, `uid=waves-2,${people}`];
    const outcomes: ChangeOutcome[] = [];
    const report = await server.applyChanges(
      [
        [person('waves')],
        [modify(dn, 'replace', 'l', 'Bonn'), modify(`uid=user.1,${people}`, 'add', 'description', 'one more')],
        [{ kind: 'rename', dn, newRdn: 'uid=waves-2', isOldRdnDeleted: false }],
      ],
      { onOutcome: (outcome) => outcomes.push(outcome) },
    );
    assert.deepEqual(report, { applied: 4, refused: 0 });
    assert.equal(outcomes.length, 4);
    const entry = await valuesAt(server, renamed);
    assert.deepEqual(entry?.get('l'), ['Bonn']);
    assert.deepEqual(entry?.get('uid')?.toSorted(), ['waves', 'waves-2'], 'the old RDN was to stay');
    await server.applyChanges([[{ kind: 'delete', dn: renamed }]]);
    assert.equal(await server.readEntry(renamed), undefined);
  });

  test("keeps the server's own attributes and a stored password, which a client may not write", async () => {
    const own = {
      entryUUID: randomUUID(),
      createTimestamp: '20200102030405Z',
      creatorsName: 'cn=Ada',
      pwdChangedTime: '20210102030405.000Z',
    };
    assert.deepEqual(await applyOne(server, person('kept', { ...own, userPassword: storedPassword })), { state: 'applied' });
    const dn = `uid=kept,${people}`;
    const entry = await valuesAt(server, dn);
    for (const [name, value] of Object.entries(own)) assert.deepEqual(entry?.get(name.toLowerCase()), [value]);
    assert.deepEqual(entry?.get('userpassword'), [storedPassword]);
    const uuid = randomUUID();
    const changes = [
      { op: 'replace' as const, name: 'entryUUID', values: [Buffer.from(uuid)] },
      { op: 'replace' as const, name: 'description', values: [Buffer.from('x')] },
    ];
    assert.deepEqual(await applyOne(server, { kind: 'modify', dn, changes }), { state: 'applied' });
    assert.deepEqual((await valuesAt(server, dn))?.get('entryuuid'), [uuid]);
  });

  test('holds against the schema what is added with attributes that only the server writes', async () => {
    const outcome = await applyOne(server, person('against-schema', { entryUUID: randomUUID(), gidNumber: '5' }));
    assert.equal(outcome.state === 'refused' && outcome.refusal.result, 'objectClassViolation');
    assert.equal(await server.readEntry(`uid=against-schema,${people}`), undefined);
  });

  const refusals: readonly [string, ChangeRecord, string, string, string | undefined][] = [
    ['an unknown attribute', person('r1', { shoeSize: '46' }), 'objectClassViolation', 'schema', 'shoeSize'],
    ['an unknown class', person('r2', { objectClass: ['top', 'person', 'giant'] }), 'objectClassViolation', 'schema', 'giant'],
    ['a required attribute that is not there', person('r3', { sn: [] }), 'objectClassViolation', 'schema', 'sn'],
    ['a value of another syntax', person('r4', { manager: 'no name' }), 'invalidAttributeSyntax', 'schema', 'manager'],
    ['a second value', person('r5', { preferredLanguage: ['de', 'en'] }), 'objectClassViolation', 'schema', 'preferredLanguage'],
    ['an entry without a parent', { ...person('r6'), dn: `uid=r6,ou=Nowhere,dc=example,dc=com` }, 'noSuchObject', 'conflict', undefined],
    ['an entry that is there', person('user.2'), 'entryAlreadyExists', 'conflict', undefined],
    ['an entry that is not there', modify(`uid=nobody,${people}`, 'add', 'l', 'Bonn'), 'noSuchObject', 'conflict', undefined],
    ['a value that is not there', modify(`uid=user.2,${people}`, 'delete', 'title', 'Dr.'), 'noSuchAttribute', 'conflict', 'title'],
    ['a value that is there', modify(`uid=user.2,${people}`, 'add', 'uid', 'user.2'), 'attributeOrValueExists', 'conflict', 'uid'],
    ['an entry with others below', { kind: 'delete', dn: people }, 'notAllowedOnNonLeaf', 'conflict', undefined],
  ];
  for (const [what, change, result, kind, attribute] of refusals) {
    test(`tells the refusal of ${what}, and makes the others`, async () => {
      const outcomes = new Map<number, ChangeOutcome>();
      const other = modify(`uid=user.3,${people}`, 'replace', 'l', what);
      const report = await server.applyChanges([[change, other]], { onOutcome: (outcome, _, index) => outcomes.set(index, outcome) });
      assert.deepEqual(report, { applied: 1, refused: 1 });
      const outcome = outcomes.get(0);
      assert.ok(outcome?.state === 'refused');
      assert.deepEqual([outcome.refusal.result, outcome.refusal.kind, outcome.refusal.attribute], [result, kind, attribute]);
      assert.match(outcome.refusal.text, /\w+ \w+/);
      assert.deepEqual((await valuesAt(server, `uid=user.3,${people}`))?.get('l'), [what]);
    });
  }

  test('sends bytes as they are: photos of 1 MB many at a time, names in any spelling', async () => {
    const photos = Array.from({ length: 12 }, (_, index) => Buffer.alloc(1_000_000, index));
    const adds = photos.map((photo, index) => withPhoto(person(`photo-${index}`), photo));
    assert.deepEqual(await server.applyChanges([adds]), { applied: 12, refused: 0 });
    const entry = await server.readEntry(`uid=photo-7,${people}`);
    assert.ok(entry !== undefined);
    assert.deepEqual(Buffer.from(attributesOf(entry).get('jpegphoto')?.[0] ?? []), photos[7]);
    const names = ['cn=Müller\\, Jürgen', 'cn=a\\+b\\"c', 'cn=東京', 'cn=one+uid=two', 'cn=\\20blank\\20', 'cn=back\\\\slash'];
    const oddly = names.map((rdn) => ({ ...person('odd', { cn: [], uid: [] }), dn: `${rdn},${people}` }));
    assert.deepEqual(await server.applyChanges([oddly.map(namedByItsDn)]), { applied: names.length, refused: 0 });
    for (const rdn of names) assert.ok((await server.readEntry(`${rdn},${people}`)) !== undefined, rdn);
    const moves = names.map((rdn): ChangeRecord => ({
      kind: 'rename',
      dn: `${rdn},${people}`,
      newRdn: rdn,
      isOldRdnDeleted: true,
      newParent: 'dc=example,dc=com',
    }));
    assert.deepEqual(await server.applyChanges([moves]), { applied: names.length, refused: 0 });
    const deletes = names.map((rdn): ChangeRecord => ({ kind: 'delete', dn: `${rdn},dc=example,dc=com` }));
    const gone = adds.map(({ dn }): ChangeRecord => ({ kind: 'delete', dn }));
    assert.deepEqual(await server.applyChanges([[...deletes, ...gone]]), { applied: names.length + 12, refused: 0 });
  });

  test('refuses by itself what the server would end the connection for', async () => {
    const outcomes: ChangeOutcome[] = [];
    const tooLarge = withPhoto(person('too-large'), Buffer.alloc(5_100_000));
    await server.applyChanges([[tooLarge, person('beside')], [{ kind: 'delete', dn: `uid=beside,${people}` }]], {
      onOutcome: (outcome) => outcomes.push(outcome),
    });
    const refused = outcomes.find((outcome) => outcome.state === 'refused');
    assert.match(refused?.refusal.text ?? '', /^the change has 51\d+ bytes, and the server takes at most 5000000 in one request/);
    assert.equal(outcomes.filter(({ state }) => state === 'applied').length, 2);
  });

  test('changes a referral as the entry it is, and an alias', async () => {
    const [referral, alias] = ['ou=elsewhere,dc=example,dc=com', 'cn=also,dc=example,dc=com'];
    const report = await server.applyChanges([
      [
        add(referral, { objectClass: ['top', 'referral', 'extensibleObject'], ou: 'elsewhere', ref: 'ldap://x.example/dc=x' }),
        add(alias, { objectClass: ['top', 'alias', 'extensibleObject'], cn: 'also', aliasedObjectName: `uid=user.1,${people}` }),
      ],
      [modify(referral, 'replace', 'ref', 'ldap://y.example/dc=y'), modify(alias, 'replace', 'description', 'x')],
    ]);
    assert.deepEqual(report, { applied: 4, refused: 0 });
    assert.deepEqual((await valuesAt(server, referral))?.get('ref'), ['ldap://y.example/dc=y']);
    assert.deepEqual((await valuesAt(server, alias))?.get('description'), ['x']);
    const found = (
      await Array.fromAsync(server.findEntries({ baseDn: 'dc=example,dc=com', scope: 'one', filter: '(ou=elsewhere)' }))
    ).flat();
    assert.deepEqual(
      found.map(({ dn }) => dn),
      [referral],
    );
    await server.applyChanges([
      [
        { kind: 'delete', dn: referral },
        { kind: 'delete', dn: alias },
      ],
    ]);
  });

  test('finds subentries too, by whatever filter', async () => {
    const dn = 'cn=strict,dc=example,dc=com';
    const policy = {
      objectClass: ['top', 'subentry', 'pwdPolicy'],
      cn: 'strict',
      pwdAttribute: 'userPassword',
      subtreeSpecification: '{base "ou=people"}',
    };
    assert.deepEqual(await applyOne(server, add(dn, policy)), { state: 'applied' });
    const found = (
      await Array.fromAsync(server.findEntries({ baseDn: 'dc=example,dc=com', scope: 'sub', filter: '(|(cn=strict)(uid=user.7))' }))
    ).flat();
    assert.deepEqual(found.map((entry) => entry.dn).toSorted(), [dn, `uid=user.7,${people}`]);
    await server.applyChanges([[{ kind: 'delete', dn }]]);
  });

  test('takes single members from a group of 50,000 and puts them back', async () => {
    const dn = 'cn=everybody,dc=example,dc=com';
    const members = Array.from({ length: 50_000 }, (_, index) => `uid=user.${index},${people}`);
    assert.deepEqual(await applyOne(server, add(dn, { objectClass: ['top', 'groupOfNames'], cn: 'everybody', member: members })), {
      state: 'applied',
    });
    const some = members.slice(100, 110);
    assert.deepEqual(await applyOne(server, modify(dn, 'delete', 'member', ...some)), { state: 'applied' });
    assert.equal((await valuesAt(server, dn))?.get('member')?.length, 49_990);
    assert.deepEqual(await applyOne(server, modify(dn, 'add', 'member', ...some)), { state: 'applied' });
    assert.deepEqual((await valuesAt(server, dn))?.get('member')?.toSorted(), members.toSorted());
    await server.applyChanges([[{ kind: 'delete', dn }]]);
  });

  test('keeps to the changes per second that are asked', async () => {
    const begun = performance.now();
    await server.applyChanges([Array.from({ length: 21 }, () => modify(`uid=user.4,${people}`, 'replace', 'l', 'Bonn'))], {
      maxPerSecond: 40,
    });
    assert.ok(performance.now() - begun >= 490, 'the twenty after the first take half a second');
  });

  test('an abort waits for what is under way, and tells how many were made', async () => {
    const stop = new AbortController();
    let made = 0;
    const changes = Array.from({ length: 200 }, () => modify(`uid=user.5,${people}`, 'replace', 'l', 'Bonn'));
    const onOutcome = (): void => {
      made += 1;
      if (made === 20) stop.abort();
    };
    await assert.rejects(server.applyChanges([changes], { signal: stop.signal, onOutcome }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'E_INTERRUPTED');
      assert.equal(error.message, `The change of entries was interrupted: ${made} of 200 changes were made`);
      return true;
    });
    assert.ok(made >= 20 && made < 200);
  });

  test('changeAbilities() and rehearseChanges() change nothing', async () => {
    const earlier = await totals(server);
    const abilities = await server.changeAbilities();
    assert.equal(abilities.serverAttributes.add.isKept, true);
    assert.equal(abilities.storedPasswords.modify.isKept, true);
    assert.equal(abilities.maxRequestBytes, 5_000_000);
    const outcomes = await server.rehearseChanges([
      person('rehearsed', { entryUUID: randomUUID() }),
      modify(`uid=user.6,${people}`, 'replace', 'l', 'Bonn'),
      modify(`uid=user.6,${people}`, 'replace', 'userPassword', storedPassword),
      { kind: 'delete', dn: `uid=user.6,${people}` },
      { kind: 'rename', dn: `uid=user.6,${people}`, newRdn: 'uid=user.6x', isOldRdnDeleted: true },
      person('user.6'),
    ]);
    assert.deepEqual(
      outcomes.map(({ state }) => state),
      ['applied', 'applied', 'applied', 'applied', 'applied', 'refused'],
    );
    assert.equal(await totals(server), earlier);
  });
});
