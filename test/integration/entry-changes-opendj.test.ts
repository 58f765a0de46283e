import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { applyPlan } from '../../src/entries/apply-plan.ts';
import type { PlannedChange } from '../../src/entries/planned-change.ts';
import { undoChanges } from '../../src/entries/undo.ts';
import type { ChangeRecord } from '../../src/domain/change-record.ts';
import { stateOf } from '../../src/domain/entry-after.ts';
import { EntryTotals, entryDigest } from '../../src/domain/entry-digest.ts';
import { inverseOf } from '../../src/domain/inverse-change.ts';
import { attributesOf } from '../../src/domain/read-ldif.ts';
import { parseDn } from '../../src/domain/dn.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { Schema } from '../../src/domain/schema/schema.ts';
import type { LdapDirectoryServer } from '../../src/directory-servers/ldap-directory-server.ts';
import type { DirectoryServer } from '../../src/directory-servers/directory-server.ts';
import type { ChangeOutcome } from '../../src/directory-servers/entry-changes.ts';
import { ldapServerAt } from '../harness/ldap-server.ts';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { runInProcess } from '../harness/run-in-process.ts';
import { realClock } from '../harness/real-clock.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

const people = 'ou=People,dc=example,dc=com';
const storedPassword = '{SSHA}gZ+TVVtSMsy7ci/BiA5jzkIa1n0N1tskA5oh0Q==';

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
    const entry = await valuesAt(renamed);
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
    assert.deepEqual(await apply(person('kept', { ...own, userPassword: storedPassword })), { state: 'applied' });
    const dn = `uid=kept,${people}`;
    const entry = await valuesAt(dn);
    for (const [name, value] of Object.entries(own)) assert.deepEqual(entry?.get(name.toLowerCase()), [value]);
    assert.deepEqual(entry?.get('userpassword'), [storedPassword]);
    const uuid = randomUUID();
    const changes = [
      { op: 'replace' as const, name: 'entryUUID', values: [Buffer.from(uuid)] },
      { op: 'replace' as const, name: 'description', values: [Buffer.from('x')] },
    ];
    assert.deepEqual(await apply({ kind: 'modify', dn, changes }), { state: 'applied' });
    assert.deepEqual((await valuesAt(dn))?.get('entryuuid'), [uuid]);
  });

  test('holds against the schema what is added with attributes that only the server writes', async () => {
    const outcome = await apply(person('against-schema', { entryUUID: randomUUID(), gidNumber: '5' }));
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
      assert.deepEqual((await valuesAt(`uid=user.3,${people}`))?.get('l'), [what]);
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
    assert.deepEqual((await valuesAt(referral))?.get('ref'), ['ldap://y.example/dc=y']);
    assert.deepEqual((await valuesAt(alias))?.get('description'), ['x']);
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
    assert.deepEqual(await apply(add(dn, policy)), { state: 'applied' });
    const found = (
      await Array.fromAsync(server.findEntries({ baseDn: 'dc=example,dc=com', scope: 'sub', filter: '(|(cn=strict)(uid=user.7))' }))
    ).flat();
    assert.deepEqual(found.map((entry) => entry.dn).toSorted(), [dn, `uid=user.7,${people}`]);
    await server.applyChanges([[{ kind: 'delete', dn }]]);
  });

  test('takes single members from a group of 50,000 and puts them back', async () => {
    const dn = 'cn=everybody,dc=example,dc=com';
    const members = Array.from({ length: 50_000 }, (_, index) => `uid=user.${index},${people}`);
    assert.deepEqual(await apply(add(dn, { objectClass: ['top', 'groupOfNames'], cn: 'everybody', member: members })), {
      state: 'applied',
    });
    const some = members.slice(100, 110);
    assert.deepEqual(await apply(modify(dn, 'delete', 'member', ...some)), { state: 'applied' });
    assert.equal((await valuesAt(dn))?.get('member')?.length, 49_990);
    assert.deepEqual(await apply(modify(dn, 'add', 'member', ...some)), { state: 'applied' });
    assert.deepEqual((await valuesAt(dn))?.get('member')?.toSorted(), members.toSorted());
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
    const earlier = await totals();
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
    assert.equal(await totals(), earlier);
  });
});

suite('applyPlan() and undoChanges() on OpenDJ', () => {
  test('a plan is made, proven and taken back by its undo file, and nothing else moves', async () => {
    await using folder = await temporaryFolder('undo');
    const earlier = await totals();
    const group = 'cn=some,dc=example,dc=com';
    const changes: ChangeRecord[][] = [
      [
        { kind: 'delete', dn: `uid=user.10,${people}` },
        add(group, { objectClass: ['top', 'groupOfNames'], cn: 'some', member: [`uid=user.11,${people}`] }),
      ],
      [{ kind: 'rename', dn: `uid=user.11,${people}`, newRdn: 'uid=eleven', isOldRdnDeleted: true, newParent: 'dc=example,dc=com' }],
      [
        modify(`uid=user.12,${people}`, 'replace', 'userPassword', storedPassword),
        modify(`uid=user.13,${people}`, 'delete', 'description'),
        modify(group, 'add', 'member', 'uid=eleven,dc=example,dc=com'),
      ],
    ];
    const waves = await planned(changes);
    const applied = await applyPlan({ waves }, { server, clock: realClock, undo: { folder: folder.path } }, {});
    assert.deepEqual([applied.applied, applied.refused, applied.unproven], [6, [], []]);
    const undoFile = applied.undoFile ?? '';
    assert.match(path.basename(undoFile), /^rootcellar-undo-\d{8}T\d{9}Z\.ldif$/);
    assert.equal((await stat(undoFile)).mode & 0o777, 0o600);
    const between = await totals();
    assert.notEqual(between, earlier);

    const undo = { server, clock: realClock, file: undoFile, isForced: false, undo: { folder: folder.path } };
    const shown = await undoChanges({ ...undo, approve: async () => false }, {});
    assert.deepEqual([shown.plan.waves.flat().length, shown.applied, await totals()], [6, undefined, between]);
    const report = await undoChanges({ ...undo, approve: async () => true }, {});
    assert.deepEqual([report.plan.conflicts, report.plan.notKept, report.applied?.unproven, report.applied?.refused], [[], [], [], []]);
    assert.equal(await totals(), earlier);

    const again = await undoChanges({ ...undo, approve: async () => true }, {});
    assert.deepEqual([again.plan.waves, again.plan.alreadyUndone, again.applied?.undoFile], [[], 6, undefined]);
    assert.equal((await readdir(folder.path)).length, 2, 'what changes nothing writes no undo file');
  });

  test('what somebody changed since is a conflict: left alone, or overridden by force', async () => {
    await using folder = await temporaryFolder('undo');
    const [ten, fifteen] = [`uid=user.20,${people}`, `uid=user.21,${people}`];
    const waves = await planned([[{ kind: 'delete', dn: ten }, modify(fifteen, 'replace', 'l', 'Bonn'), person('made-by-plan')]]);
    const { undoFile = '' } = await applyPlan({ waves }, { server, clock: realClock, undo: { folder: folder.path } }, {});
    await server.applyChanges([
      [
        modify(fifteen, 'replace', 'l', 'Köln'),
        person('user.20', { description: 'another one' }),
        modify(`uid=made-by-plan,${people}`, 'add', 'title', 'Dr.'),
      ],
    ]);
    const undo = { server, clock: realClock, file: undoFile, undo: { folder: folder.path }, approve: async () => true };
    const { plan, applied } = await undoChanges({ ...undo, isForced: false }, {});
    assert.deepEqual(plan.waves, []);
    assert.equal(applied?.applied, 0);
    assert.deepEqual(
      plan.conflicts.map(({ record, because }) => [record.undo.dn, because.replace(/ \(.*/, '')]),
      [
        [`uid=made-by-plan,${people}`, 'it was changed since it was added'],
        [fifteen, 'it was changed since'],
        [ten, 'an entry with other values is there'],
      ],
    );
    const forced = await undoChanges({ ...undo, isForced: true }, {});
    assert.deepEqual([forced.applied?.applied, forced.applied?.refused, forced.applied?.unproven, forced.plan.conflicts], [3, [], [], []]);
    assert.equal(await server.readEntry(`uid=made-by-plan,${people}`), undefined);
    assert.notDeepEqual((await valuesAt(fifteen))?.get('l'), ['Köln']);
    assert.equal((await valuesAt(ten))?.has('title'), false);
  });

  test('a server that is killed in the midst: the same plan goes on, and the undo file takes back what was made', async () => {
    await using folder = await temporaryFolder('undo');
    const changes = Array.from({ length: 300 }, (_, index) => modify(`uid=user.${index + 50},${people}`, 'replace', 'l', `Town ${index}`));
    const waves = await planned([changes]);
    const earlier = await totals();
    let made = 0;
    const report = (event: { readonly kind: string; readonly done?: number }): void => {
      if (event.kind === 'advance' && made === 0) {
        made = event.done ?? 0;
        void opendj.kill();
      }
    };
    const failed = await applyPlan({ waves }, { server, clock: realClock, undo: { folder: folder.path } }, { report }).then(
      () => assert.fail('the server was killed'),
      (error: Error & { code?: string; hint?: string }) => error,
    );
    assert.equal(failed.code, 'E_CHANGES_CUT_OFF');
    assert.match(failed.message, /, after \d+ of 300 changes were made; those that were under way may have been made too$/);
    const [name = ''] = await readdir(folder.path);
    const undoFile = path.join(folder.path, name);
    assert.match(
      failed.hint ?? '',
      new RegExp(`run the same command again.*; or take back what was made: rootcellar entry undo ${undoFile}$`),
    );
    await opendj.restart();

    const again = await applyPlan({ waves }, { server, clock: realClock, undo: { file: path.join(folder.path, 'again.ldif') } }, {});
    assert.deepEqual([again.applied, again.refused, again.unproven], [300, [], []]);
    const undone = await undoChanges(
      { server, clock: realClock, file: undoFile, isForced: false, undo: { folder: folder.path }, approve: async () => true },
      {},
    );
    assert.deepEqual([undone.applied?.applied, undone.plan.conflicts], [300, []]);
    assert.equal(await totals(), earlier);
  });

  test('an account without rights is told before anything is written', async () => {
    await using folder = await temporaryFolder('undo');
    await server.applyChanges([[person('poor', { userPassword: 'Poor-but-honest-1' })]]);
    const poor = ldapServerAt(opendj, { bindDn: `uid=poor,${people}`, readPassword: async () => new Secret('Poor-but-honest-1') });
    try {
      const waves = await planned([[modify(`uid=user.30,${people}`, 'replace', 'l', 'Bonn')]]);
      await assert.rejects(applyPlan({ waves }, { server: poor, clock: realClock, undo: { folder: folder.path } }, {}), {
        code: 'E_PRIVILEGE_MISSING',
        message: /^Cannot change entries on ldaps:.*insufficient access rights; the account lacks config-read \(.*; nothing was changed$/,
      });
      assert.deepEqual(await readdir(folder.path), []);
    } finally {
      await poor.close();
    }
  });

  test('the account of docs/guide/least-privilege-account.md makes every kind of change, and keeps all that can be kept', async () => {
    await using folder = await temporaryFolder('undo');
    const guide = await readFile('docs/guide/least-privilege-account.md', 'utf8');
    const [, dn = ''] = /^dn: (uid=rootcellar-entries,.*)$/m.exec(guide) ?? [];
    const acis = [...guide.matchAll(/^aci: (.*)$/gm)].map(([, aci = '']) => aci);
    assert.equal(acis.length, 2);
    const [block = ''] = guide.split('```').filter((text) => text.includes(`dn: ${dn}\n`));
    const privileges = [...block.matchAll(/^ds-privilege-name: (.*)$/gm)].map(([, name = '']) => name);
    const account = person('x', { uid: 'rootcellar-entries', userPassword: 'Least-of-all-1', 'ds-privilege-name': privileges });
    const setUp = await server.applyChanges([[{ ...account, dn }], [modify('dc=example,dc=com', 'add', 'aci', acis[0] ?? '')]]);
    assert.deepEqual(setUp, { applied: 2, refused: 0 });
    const least = ldapServerAt(opendj, { bindDn: dn, readPassword: async () => new Secret('Least-of-all-1') });
    try {
      assert.deepEqual(await least.missingPrivileges('entries'), []);
      const without = ldapServerAt(opendj, { bindDn: dn, readPassword: async () => new Secret('Least-of-all-1') });
      const because = 'the account may not use the control 1.3.6.1.4.1.26027.1.5.2 (docs/guide/least-privilege-account.md shows how)';
      assert.deepEqual((await without.changeAbilities()).serverAttributes, {
        add: { isKept: false, because },
        modify: { isKept: false, because },
      });
      await without.close();
      await apply(modify('dc=example,dc=com', 'add', 'aci', acis[1] ?? ''));
      const own = { entryUUID: randomUUID(), createTimestamp: '20200102030405Z', userPassword: storedPassword };
      const waves = await planned([
        [person('least', own), { kind: 'delete', dn: `uid=user.34,${people}` }],
        [{ kind: 'rename', dn: `uid=user.35,${people}`, newRdn: 'uid=user.35', isOldRdnDeleted: true, newParent: 'dc=example,dc=com' }],
        [modify(`uid=user.36,${people}`, 'replace', 'userPassword', storedPassword)],
      ]);
      const before = await totals();
      const {
        applied,
        refused,
        unproven,
        undoFile = '',
      } = await applyPlan({ waves }, { server: least, clock: realClock, undo: { folder: folder.path } }, {});
      assert.deepEqual([applied, refused, unproven], [4, [], []]);
      assert.deepEqual((await valuesAt(`uid=least,${people}`))?.get('entryuuid'), [own.entryUUID]);
      const undo = {
        server: least,
        clock: realClock,
        file: undoFile,
        isForced: false,
        undo: { folder: folder.path },
        approve: async () => true,
      };
      assert.equal((await undoChanges(undo, {})).applied?.applied, 4);
      assert.equal(await totals(), before);
    } finally {
      await least.close();
    }
  });

  test('entry undo shows its plan, takes back, and ends with 3 where something was changed since', async () => {
    await using folder = await temporaryFolder('undo');
    const [changed, deleted] = [`uid=user.37,${people}`, `uid=user.38,${people}`];
    const earlier = await totals();
    const waves = await planned([[modify(changed, 'replace', 'l', 'Bonn'), { kind: 'delete', dn: deleted }]]);
    const { undoFile = '' } = await applyPlan({ waves }, { server, clock: realClock, undo: { folder: folder.path } }, {});
    const run = (...words: readonly string[]) =>
      runInProcess(['entry', 'undo', undoFile, ...words], {
        clock: realClock,
        environment: {
          ROOTCELLAR_SERVER_URL: opendj.ldapsUrl,
          ROOTCELLAR_SERVER_BIND_DN: opendj.bindDn,
          ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: opendj.passwordFile,
          ROOTCELLAR_SERVER_CA_FILE: opendj.caFile,
        },
      });
    const plan = await run('--plan');
    assert.equal(plan.exitCode, 0, plan.errorOutput);
    assert.match(
      plan.output,
      new RegExp(`^Plan: take back 2 changes\\n  add ${deleted}  .*\\n  change ${changed}  .*\\nNothing was changed\\.`),
    );

    await server.applyChanges([[modify(changed, 'replace', 'l', 'Rom')]]);
    const second = path.join(folder.path, 'second.ldif');
    const partly = await run('--yes', '--undo-file', second);
    assert.equal(partly.exitCode, 3, partly.errorOutput);
    assert.match(partly.output, /Done: 1 changes in .*; 1 entries were read back and are as planned/);
    assert.match(partly.output, new RegExp(`Left alone: ${changed}: it was changed since \\(l\\) \\(--force overrides it\\)`));

    const forced = await run('--yes', '--force', '--json', '--undo-file', path.join(folder.path, 'third.ldif'));
    assert.equal(forced.exitCode, 0, forced.errorOutput);
    const document = JSON.parse(forced.output) as { readonly alreadyUndone: number; readonly result: { readonly applied: number } };
    assert.deepEqual([document.alreadyUndone, document.result.applied], [1, 1]);
    assert.equal(await totals(), earlier);
    const nothing = await run('--yes');
    assert.deepEqual(
      [nothing.exitCode, nothing.output.trim()],
      [0, 'Plan: take back 0 changes; of 2 nothing is left to take back\nNothing is left to take back.'],
    );
    const missing = await run('--yes', '--undo-file', undoFile);
    assert.equal(missing.exitCode, 0, 'where nothing is to be done, no file is written');
  });

  test('the proof names an entry that somebody changed at once, deleted, or made again', async () => {
    await using folder = await temporaryFolder('undo');
    const [changed, deleted, again, good] = [40, 41, 42, 43].map((number) => `uid=user.${number},${people}`) as [
      string,
      string,
      string,
      string,
    ];
    const waves = await planned([
      [
        modify(changed, 'replace', 'l', 'Bonn'),
        modify(deleted, 'replace', 'l', 'Bonn'),
        { kind: 'delete', dn: again },
        modify(good, 'replace', 'l', 'Bonn'),
      ],
    ]);
    const meddler = ldapServerAt(opendj);
    // Between the last change and the reading back there is only this.
    const meddling: DirectoryServer = new Proxy<DirectoryServer>(server, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'applyChanges') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        return async (...words: Parameters<DirectoryServer['applyChanges']>) => {
          const report = await target.applyChanges(...words);
          await meddler.applyChanges([[modify(changed, 'add', 'title', 'Dr.'), { kind: 'delete', dn: deleted }, person('user.42')]]);
          return report;
        };
      },
    });
    const { applied, proven, unproven } = await applyPlan(
      { waves },
      { server: meddling, clock: realClock, undo: { folder: folder.path } },
      {},
    );
    await meddler.close();
    assert.deepEqual([applied, proven], [4, 1]);
    assert.deepEqual(
      new Map(unproven.map(({ dn, state }) => [dn, state])),
      new Map([
        [changed, 'it has other values than planned'],
        [deleted, 'it is not there'],
        [again, 'it is still there'],
      ]),
    );
  });

  test('refused changes are reported, the others made and proven', async () => {
    await using folder = await temporaryFolder('undo');
    const waves = await planned([
      [modify(`uid=user.31,${people}`, 'add', 'shoeSize', '46'), modify(`uid=user.32,${people}`, 'replace', 'l', 'Bonn')],
    ]);
    const { applied, proven, refused } = await applyPlan({ waves }, { server, clock: realClock, undo: { folder: folder.path } }, {});
    assert.deepEqual([applied, proven], [1, 1]);
    assert.deepEqual(
      refused.map(({ planned: { change }, refusal }) => [change.dn, refusal.kind, refusal.attribute]),
      [[`uid=user.31,${people}`, 'schema', 'shoeSize']],
    );
  });

  test('an undo file that is there already is never written over', async () => {
    const waves = await planned([[modify(`uid=user.33,${people}`, 'replace', 'l', 'Bonn')]]);
    const earlier = await totals();
    await assert.rejects(applyPlan({ waves }, { server, clock: realClock, undo: { file: opendj.passwordFile } }, {}), {
      code: 'E_UNDO_NOT_WRITABLE',
      message: `Cannot write the undo file ${opendj.passwordFile}: a file is in the way; nothing was changed`,
    });
    assert.equal(await readFile(opendj.passwordFile, 'utf8'), opendj.password);
    assert.equal(await totals(), earlier);
  });
});

async function apply(change: ChangeRecord): Promise<ChangeOutcome> {
  let told: ChangeOutcome | undefined;
  await server.applyChanges([[change]], { onOutcome: (outcome) => (told = outcome) });
  assert.ok(told !== undefined);
  return told;
}

/** The changes with what takes them back, by what is there when each is planned. */
async function planned(changes: readonly (readonly ChangeRecord[])[]): Promise<PlannedChange[][]> {
  const { attributeTypes, objectClasses } = await server.readSchema();
  const schema = new Schema(attributeTypes, objectClasses);
  const waves: PlannedChange[][] = [];
  for (const wave of changes) {
    const plannedWave: PlannedChange[] = [];
    for (const change of wave) {
      const entry = await server.readEntry(change.dn);
      const undo = inverseOf(change, entry === undefined ? { dn: change.dn, values: new Map() } : stateOf(entry, schema), schema);
      assert.ok(undo !== undefined);
      plannedWave.push({ change, undo, reason: 'the test wants it' });
    }
    waves.push(plannedWave);
  }
  return waves;
}

/** The digest over all entries, but for who changed each last, and when. */
async function totals(): Promise<string> {
  const sum = new EntryTotals();
  for await (const page of server.readEntries('dc=example,dc=com')) {
    for (const { dn, names, values } of page) {
      const isKept = names.map((name) => !/^(modifyTimestamp|modifiersName)$/i.test(name));
      sum.add(entryDigest({ dn, names: names.filter((_, index) => isKept[index]), values: values.filter((_, index) => isKept[index]) }));
    }
  }
  return sum.digest;
}

async function valuesAt(dn: string): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const entry = await server.readEntry(dn);
  if (entry === undefined) return undefined;
  return new Map([...attributesOf(entry)].map(([name, values]) => [name, values.map((value) => Buffer.from(value).toString('utf8'))]));
}

type Values = Readonly<Record<string, string | readonly string[]>>;

function add(dn: string, values: Values): Extract<ChangeRecord, { kind: 'add' }> {
  const attributes = Object.entries(values).map(([name, value]) => ({ name, values: [value].flat().map((text) => Buffer.from(text)) }));
  return { kind: 'add', dn, attributes: attributes.filter((attribute) => attribute.values.length > 0) };
}

function person(uid: string, values: Values = {}): Extract<ChangeRecord, { kind: 'add' }> {
  const objectClass = ['top', 'person', 'organizationalPerson', 'inetOrgPerson'];
  return add(`uid=${uid},${people}`, { objectClass, uid, cn: uid, sn: uid, ...values });
}

/** With the values of its own RDN. */
function namedByItsDn(change: Extract<ChangeRecord, { kind: 'add' }>): ChangeRecord {
  const parts = parseDn(change.dn)[0]?.parts ?? [];
  const named = parts.map(({ type, value }) => ({ name: type, values: [Buffer.from(value, 'latin1')] }));
  return { ...change, attributes: [...change.attributes, ...named] };
}

function withPhoto(change: Extract<ChangeRecord, { kind: 'add' }>, photo: Buffer): ChangeRecord {
  return { ...change, attributes: [...change.attributes, { name: 'jpegPhoto', values: [photo] }] };
}

function modify(dn: string, op: 'add' | 'delete' | 'replace', name: string, ...values: readonly string[]): ChangeRecord {
  return { kind: 'modify', dn, changes: [{ op, name, values: values.map((value) => Buffer.from(value)) }] };
}
