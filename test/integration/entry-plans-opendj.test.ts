import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { applyPlan } from '../../src/entries/apply/apply-plan.ts';
import { undoChanges } from '../../src/entries/apply/undo.ts';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { ldapServerAt } from '../harness/ldap-server.ts';
import type { LdapDirectoryServer } from '../../src/directory-servers/ldap-directory-server.ts';
import type { ChangeRecord } from '../../src/domain/change-record.ts';
import type { DirectoryServer } from '../../src/directory-servers/directory-server.ts';
import type { Schema } from '../../src/domain/schema/schema.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { realClock } from '../harness/real-clock.ts';
import { runInProcess } from '../harness/run-in-process.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { add, applyOne, modify, people, person, planned, storedPassword, totals, valuesAt } from '../harness/entry-changes.ts';

let opendj: OpendjServer;
let server: LdapDirectoryServer;
let schema: Schema;

before(async () => {
  opendj = await startOpendj({ people: 400 });
  server = ldapServerAt(opendj);
  schema = await server.readSchema();
});

after(async () => {
  await server.close();
  await opendj[Symbol.asyncDispose]();
});

suite('applyPlan() and undoChanges() on OpenDJ', () => {
  test('a plan is made, proven and taken back by its undo file, and nothing else moves', async () => {
    await using folder = await temporaryFolder('undo');
    const earlier = await totals(server);
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
    const waves = await planned(server, changes);
    const applied = await applyPlan({ waves }, { server, schema, clock: realClock, undo: { folder: folder.path } }, {});
    assert.deepEqual([applied.applied, applied.refused, applied.unproven], [6, [], []]);
    const undoFile = applied.undoFile ?? '';
    assert.match(path.basename(undoFile), /^rootcellar-undo-\d{8}T\d{9}Z\.ldif$/);
    assert.equal((await stat(undoFile)).mode & 0o777, 0o600);
    const between = await totals(server);
    assert.notEqual(between, earlier);

    const undo = { server, clock: realClock, file: undoFile, isForced: false, undo: { folder: folder.path } };
    const shown = await undoChanges({ ...undo, approve: async () => false }, {});
    assert.deepEqual([shown.plan.waves.flat().length, shown.applied, await totals(server)], [6, undefined, between]);
    const report = await undoChanges({ ...undo, approve: async () => true }, {});
    assert.deepEqual([report.plan.conflicts, report.plan.notKept, report.applied?.unproven, report.applied?.refused], [[], [], [], []]);
    assert.equal(await totals(server), earlier);

    const again = await undoChanges({ ...undo, approve: async () => true }, {});
    assert.deepEqual([again.plan.waves, again.plan.alreadyUndone, again.applied?.undoFile], [[], 6, undefined]);
    assert.equal((await readdir(folder.path)).length, 2, 'what changes nothing writes no undo file');
  });

  test('what somebody changed since is a conflict: left alone, or overridden by force', async () => {
    await using folder = await temporaryFolder('undo');
    const [ten, fifteen] = [`uid=user.20,${people}`, `uid=user.21,${people}`];
    const waves = await planned(server, [[{ kind: 'delete', dn: ten }, modify(fifteen, 'replace', 'l', 'Bonn'), person('made-by-plan')]]);
    const { undoFile = '' } = await applyPlan({ waves }, { server, schema, clock: realClock, undo: { folder: folder.path } }, {});
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
    assert.notDeepEqual((await valuesAt(server, fifteen))?.get('l'), ['Köln']);
    assert.equal((await valuesAt(server, ten))?.has('title'), false);
  });

  test('a server that is killed in the midst: the same plan goes on, and the undo file takes back what was made', async () => {
    await using folder = await temporaryFolder('undo');
    const changes = Array.from({ length: 300 }, (_, index) => modify(`uid=user.${index + 50},${people}`, 'replace', 'l', `Town ${index}`));
    const waves = await planned(server, [changes]);
    const earlier = await totals(server);
    let made = 0;
    const report = (event: { readonly kind: string; readonly done?: number }): void => {
      if (event.kind === 'advance' && made === 0) {
        made = event.done ?? 0;
        void opendj.kill();
      }
    };
    const failed = await applyPlan({ waves }, { server, schema, clock: realClock, undo: { folder: folder.path } }, { report }).then(
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

    const again = await applyPlan(
      { waves },
      { server, schema, clock: realClock, undo: { file: path.join(folder.path, 'again.ldif') } },
      {},
    );
    assert.deepEqual([again.applied, again.refused, again.unproven], [300, [], []]);
    const undone = await undoChanges(
      { server, clock: realClock, file: undoFile, isForced: false, undo: { folder: folder.path }, approve: async () => true },
      {},
    );
    assert.deepEqual([undone.applied?.applied, undone.plan.conflicts], [300, []]);
    assert.equal(await totals(server), earlier);
  });

  test('an account without rights is told before anything is written', async () => {
    await using folder = await temporaryFolder('undo');
    await server.applyChanges([[person('poor', { userPassword: 'Poor-but-honest-1' })]]);
    const poor = ldapServerAt(opendj, { bindDn: `uid=poor,${people}`, readPassword: async () => new Secret('Poor-but-honest-1') });
    try {
      const waves = await planned(server, [[modify(`uid=user.30,${people}`, 'replace', 'l', 'Bonn')]]);
      await assert.rejects(applyPlan({ waves }, { server: poor, schema, clock: realClock, undo: { folder: folder.path } }, {}), {
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
      await applyOne(server, modify('dc=example,dc=com', 'add', 'aci', acis[1] ?? ''));
      const own = { entryUUID: randomUUID(), createTimestamp: '20200102030405Z', userPassword: storedPassword };
      const waves = await planned(server, [
        [person('least', own), { kind: 'delete', dn: `uid=user.34,${people}` }],
        [{ kind: 'rename', dn: `uid=user.35,${people}`, newRdn: 'uid=user.35', isOldRdnDeleted: true, newParent: 'dc=example,dc=com' }],
        [modify(`uid=user.36,${people}`, 'replace', 'userPassword', storedPassword)],
      ]);
      const before = await totals(server);
      const {
        applied,
        refused,
        unproven,
        undoFile = '',
      } = await applyPlan(
        { waves },
        { server: least, schema: await least.readSchema(), clock: realClock, undo: { folder: folder.path } },
        {},
      );
      assert.deepEqual([applied, refused, unproven], [4, [], []]);
      assert.deepEqual((await valuesAt(server, `uid=least,${people}`))?.get('entryuuid'), [own.entryUUID]);
      const undo = {
        server: least,
        clock: realClock,
        file: undoFile,
        isForced: false,
        undo: { folder: folder.path },
        approve: async () => true,
      };
      assert.equal((await undoChanges(undo, {})).applied?.applied, 4);
      assert.equal(await totals(server), before);
    } finally {
      await least.close();
    }
  });

  test('entry undo shows its plan, takes back, and ends with 3 where something was changed since', async () => {
    await using folder = await temporaryFolder('undo');
    const [changed, deleted] = [`uid=user.37,${people}`, `uid=user.38,${people}`];
    const earlier = await totals(server);
    const waves = await planned(server, [[modify(changed, 'replace', 'l', 'Bonn'), { kind: 'delete', dn: deleted }]]);
    const { undoFile = '' } = await applyPlan({ waves }, { server, schema, clock: realClock, undo: { folder: folder.path } }, {});
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
    assert.match(partly.output, /Done: 1 change in .*; read back and as planned: 1 entry/);
    assert.match(partly.output, new RegExp(`Left alone: ${changed}: it was changed since \\(l\\) \\(--force overrides it\\)`));

    const forced = await run('--yes', '--force', '--json', '--undo-file', path.join(folder.path, 'third.ldif'));
    assert.equal(forced.exitCode, 0, forced.errorOutput);
    const document = JSON.parse(forced.output) as { readonly alreadyUndone: number; readonly result: { readonly applied: number } };
    assert.deepEqual([document.alreadyUndone, document.result.applied], [1, 1]);
    assert.equal(await totals(server), earlier);
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
    const waves = await planned(server, [
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
      { server: meddling, schema, clock: realClock, undo: { folder: folder.path } },
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
    const waves = await planned(server, [
      [modify(`uid=user.31,${people}`, 'add', 'shoeSize', '46'), modify(`uid=user.32,${people}`, 'replace', 'l', 'Bonn')],
    ]);
    const { applied, proven, refused } = await applyPlan(
      { waves },
      { server, schema, clock: realClock, undo: { folder: folder.path } },
      {},
    );
    assert.deepEqual([applied, proven], [1, 1]);
    assert.deepEqual(
      refused.map(({ planned: { change }, refusal }) => [change.dn, refusal.kind, refusal.attribute]),
      [[`uid=user.31,${people}`, 'schema', 'shoeSize']],
    );
  });

  test('an undo file that is there already is never written over', async () => {
    const waves = await planned(server, [[modify(`uid=user.33,${people}`, 'replace', 'l', 'Bonn')]]);
    const earlier = await totals(server);
    await assert.rejects(applyPlan({ waves }, { server, schema, clock: realClock, undo: { file: opendj.passwordFile } }, {}), {
      code: 'E_UNDO_NOT_WRITABLE',
      message: `Cannot write the undo file ${opendj.passwordFile}: a file is in the way; nothing was changed`,
    });
    assert.equal(await readFile(opendj.passwordFile, 'utf8'), opendj.password);
    assert.equal(await totals(server), earlier);
  });
});
