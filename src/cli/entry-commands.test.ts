import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { saveExportedSet } from '../../test/harness/exported-set.ts';
import { repositoryArchive } from '../../test/harness/repository-archive.ts';
import { runInProcess, type Ended } from '../../test/harness/run-in-process.ts';
import { temporaryFolder, type TemporaryFolder } from '../../test/harness/temporary-folder.ts';
import { PlainArchive } from '../archive/plain/plain-archive.ts';
import { LocalFolderStore } from '../object-stores/local-folder-store.ts';

const clock = new FakeClock('2026-11-23T12:00:00Z');

function person(number: number, lines: readonly string[] = [], name = `user.${number}`): string {
  const uuid = `00000000-0000-4000-8000-${number.toString().padStart(12, '0')}`;
  return [
    `dn: uid=${name},ou=People,dc=example,dc=com`,
    'objectClass: inetOrgPerson',
    `uid: ${name}`,
    `cn: Person ${number}`,
    'sn: Doe',
    ...lines,
    'userPassword: {SSHA512}stored',
    `entryUUID: ${uuid}`,
    '',
    '',
  ].join('\n');
}

const base =
  'dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\ndn: ou=People,dc=example,dc=com\nobjectClass: organizationalUnit\nou: People\n\n';
const photo = `jpegPhoto:: ${Buffer.from([0xff, 0xd8, 0, 1, 2]).toString('base64')}`;
const all = Array.from({ length: 60 }, (_, number) => number);

/** One entry is changed, then renamed; one goes, one comes. */
const moments = {
  '20261121100000Z': base + all.map((number) => person(number, number === 7 ? [photo, 'mail: seven@example.com'] : [])).join(''),
  '20261122100000Z': base + all.map((number) => person(number, number === 7 ? [photo, 'mail: seven@example.org'] : [])).join(''),
  '20261123100000Z':
    base +
    all
      .filter((number) => number !== 9)
      .map((number) =>
        number === 7
          ? person(7, [photo, 'mail: seven@example.org'], 'sieben')
          : person(number, number === 30 ? ['title: Žluťoučký kůň'] : []),
      )
      .join('') +
    person(60),
};

const dn = (name: string): string => `uid=${name},ou=People,dc=example,dc=com`;

for (const layout of ['repository', 'plain'] as const) {
  suite(`commands about entries, in an archive of layout ${layout}`, () => {
    let home: TemporaryFolder;
    let run: (...words: readonly string[]) => Promise<Ended>;
    before(async () => {
      home = await temporaryFolder('entries');
      const password = path.join(home.path, 'password');
      await writeFile(password, 'test\n', { mode: 0o600 });
      const folder = path.join(home.path, 'archive');
      const store = new LocalFolderStore({ folder, clock });
      const archive =
        layout === 'repository' ? repositoryArchive(store, { clock }) : new PlainArchive(store, { clock, graceMilliseconds: 0 });
      await archive.create();
      for (const [backupId, ldif] of Object.entries(moments)) {
        await saveExportedSet(archive, home.path, { backupId, ldif, hasIndex: backupId !== '20261122100000Z' });
      }
      run = (...words) => runInProcess([...words, '--quiet', '--archive', folder, '--layout', layout, '--password-file', password]);
    });
    after(() => home.remove());

    test('entry show prints the entry of the snapshot that is named, by any spelling of its DN', async () => {
      const { exitCode, output } = await run('entry', 'show', 'UID = user\\2e7 , OU=people, dc=Example,dc=com', '--from', 'latest~2');

      assert.equal(exitCode, 0);
      assert.equal(
        output,
        [
          '# as of 2026-11-21 10:00:00 UTC, in prod/20261121100000Z',
          `dn: ${dn('user.7')}`,
          'objectClass: inetOrgPerson',
          'uid: user.7',
          'cn: Person 7',
          'sn: Doe',
          'jpegPhoto: (5 B that are no text: /9gAAQI=)',
          'mail: seven@example.com',
          'userPassword: (hidden)',
          'entryUUID: 00000000-0000-4000-8000-000000000007',
          '',
        ].join('\n'),
      );
    });

    test('entry show has secrets only when they are asked for twice', async () => {
      const once = await run('entry', 'show', dn('user.5'), '--show-secrets');
      const twice = await run('entry', 'show', dn('user.5'), '--show-secrets', '--yes', '--attributes', 'userpassword', '--json');
      const without = await run('entry', 'show', dn('user.5'), '--json');

      assert.deepEqual([once.exitCode, once.output], [2, '']);
      assert.deepEqual((JSON.parse(twice.output) as { attributes: unknown }).attributes, [
        { name: 'userPassword', values: ['{SSHA512}stored'] },
      ]);
      assert.ok(!without.output.includes('SSHA512') && without.output.includes('"hidden": 1'), without.output);
    });

    test('entry show offers the nearest names where there is no such entry, and says where it looked', async () => {
      const near = await run('entry', 'show', dn('user.99'));
      const moved = await run('entry', 'show', 'uid=user.12,ou=Staff,dc=example,dc=com');
      const elsewhere = await run('entry', 'show', 'uid=user.12,dc=example,dc=org');

      assert.deepEqual([near.exitCode, moved.exitCode, elsewhere.exitCode], [1, 1, 1]);
      assert.match(
        near.errorOutput,
        /^rootcellar: Cannot find "uid=user\.99,.*" in prod\/20261123100000Z: no entry has this name\n {2}→ did you mean "uid=user\.\d+,ou=People/,
      );
      assert.match(moved.errorOutput, /→ did you mean "uid=user\.12,ou=People,dc=example,dc=com"\?\n$/);
      assert.match(elsewhere.errorOutput, /: it has the entries below "dc=example,dc=com"\n/);
    });

    test('entry show --beside has the entry of another snapshot too, under its name there, and what differs without secrets', async () => {
      const { output } = await run('entry', 'show', dn('user.7'), '--from', 'latest~2', '--beside', 'latest', '--json');
      const text = await run('entry', 'show', dn('user.7'), '--from', 'latest~2', '--beside', 'latest', '--attributes', 'mail');
      const document = JSON.parse(output) as {
        dn: string;
        snapshot: { backupId: string };
        beside: { dn: string; moment: { backupId: string } };
        changes: unknown;
      };

      assert.deepEqual([document.snapshot.backupId, document.dn], ['20261121100000Z', dn('user.7')]);
      assert.deepEqual([document.beside.moment.backupId, document.beside.dn], ['20261123100000Z', dn('sieben')]);
      assert.deepEqual(document.changes, [
        { name: 'uid', removed: { name: 'uid', values: ['user.7'] }, added: { name: 'uid', values: ['sieben'] } },
        { name: 'mail', removed: { name: 'mail', values: ['seven@example.com'] }, added: { name: 'mail', values: ['seven@example.org'] } },
      ]);
      assert.ok(!output.includes('SSHA512'));
      assert.match(
        text.output,
        /\ndn: uid=sieben,.*\nmail: seven@example\.org\n\n# what differs .*\n- mail: seven@example\.com\n\+ mail: seven@example\.org\n$/,
      );
    });

    test('entry show --beside says on which side the entry is not, and refuses one that is on none', async () => {
      const gone = await run('entry', 'show', dn('user.9'), '--from', 'latest', '--beside', 'latest~1', '--json');
      const added = await run('entry', 'show', dn('user.60'), '--from', 'latest', '--beside', 'latest~1', '--json');
      const unknown = await run('entry', 'show', dn('user.99'), '--beside', 'latest~1');
      const same = await run('entry', 'show', dn('user.5'), '--beside', 'latest~1');
      const [there, wasThere] = [gone, added].map(
        ({ output }) => JSON.parse(output) as { dn?: string; beside: { dn?: string }; changes: unknown[] },
      );

      assert.deepEqual([there?.dn, there?.beside.dn, there?.changes], [undefined, dn('user.9'), []]);
      assert.deepEqual([wasThere?.dn, wasThere?.beside.dn, wasThere?.changes], [dn('user.60'), undefined, []]);
      assert.match(unknown.errorOutput, /^rootcellar: Cannot find "uid=user\.99,/);
      assert.match(same.output, /\nNo attribute differs\.\n$/);
    });

    test('entry find finds by filter, text, branch and DN, in all snapshots, and tells since when and until when', async () => {
      const found = async (...words: readonly string[]) => {
        const { output } = await run('entry', 'find', ...words, '--json');
        const { entries } = JSON.parse(output) as {
          entries: { dn: string; snapshots: number; first: { backupId: string }; last: { backupId: string } }[];
        };
        return entries.map((one) => [
          one.dn.split(',', 1)[0],
          one.snapshots,
          one.first.backupId.slice(6, 8),
          one.last.backupId.slice(6, 8),
        ]);
      };

      assert.deepEqual(await found('--where', '(mail=seven@*)'), [['uid=sieben', 3, '21', '23']]);
      assert.deepEqual(await found('--where', '(mail=seven@example.com)'), [['uid=user.7', 1, '21', '21']]);
      assert.deepEqual(await found('--text', 'žluťoučký'), [['uid=user.30', 1, '23', '23']]);
      assert.deepEqual(await found('--text', 'SSHA512'), []);
      assert.deepEqual(await found('--dn', dn('user.9')), [['uid=user.9', 2, '21', '22']]);
      assert.deepEqual(await found('--dn', dn('user.60'), '--from', 'latest~1'), []);
      assert.deepEqual(await found('--where', '(uid=user.9)', '--from', 'latest'), []);
      assert.equal((await found('--base', 'ou=people,dc=example,dc=com', '--from', 'latest')).length, 61);
    });

    test('entry find says when it stopped at its limit, and needs to be told what to look for', async () => {
      const some = await run('entry', 'find', '--where', '(sn=doe)', '--limit', '3');
      const nothing = await run('entry', 'find');

      assert.match(some.output, /\n3 entries found in 3 snapshots\. There are more: give a --limit, or search for less\.\n$/);
      assert.equal(nothing.exitCode, 2);
    });

    test('entry find and entry show refuse what is no filter or DN, and show where', async () => {
      const filter = await run('entry', 'find', '--where', '(&(uid=a)(cn=b');
      const name = await run('entry', 'show', 'uid=a,,dc=b');

      assert.deepEqual([filter.exitCode, name.exitCode], [2, 2]);
      assert.match(filter.errorOutput, /^rootcellar: Cannot read the filter: position \d+: .*\n[^]*\^\n$/);
      assert.match(name.errorOutput, /^rootcellar: Cannot read a DN: position 7: .*\n[^]*\^\n$/);
    });

    test('entry history follows an entry over its rename, and tells of each moment what changed', async () => {
      for (const name of ['user.7', 'sieben']) {
        const { output } = await run('entry', 'history', dn(name), '--json');
        const { moments: told } = JSON.parse(output) as {
          moments: {
            kind: string;
            dn: string;
            snapshot: { backupId: string };
            changes: { name: string; removed: { values: string[] }; added: { values: string[] } }[];
          }[];
        };

        assert.deepEqual(
          told.map(({ kind, dn: called, snapshot, changes }) => [
            snapshot.backupId.slice(6, 8),
            kind,
            called,
            changes.map((change) => [change.name, change.removed.values, change.added.values]),
          ]),
          [
            ['21', 'first', dn('user.7'), []],
            ['22', 'changed', dn('user.7'), [['mail', ['seven@example.com'], ['seven@example.org']]]],
            ['23', 'renamed', dn('sieben'), [['uid', ['user.7'], ['sieben']]]],
          ],
        );
      }
    });

    test('entry history tells that an entry is gone, and when one appeared', async () => {
      const gone = await run('entry', 'history', dn('user.9'));
      const appeared = await run('entry', 'history', dn('user.60'));

      assert.match(
        gone.output,
        /\n2026-11-23 10:00:00 UTC {2}gone {2}[0-9a-f]+ of prod\n {2}uid=user\.9,.*\n {2}between 2026-11-22 10:00:00 and 2026-11-23 10:00:00 UTC\n/,
      );
      assert.match(appeared.output, /^2026-11-23 10:00:00 UTC {2}appeared {2}/);
      assert.match(appeared.output, /\n1 moment in 3 snapshots\.\n$/);
    });

    test('entry diff counts what differs and names the first, also within a branch or of a filter', async () => {
      const { output } = await run('entry', 'diff', 'latest~2', 'latest');
      const some = await run('entry', 'diff', 'latest~2', 'latest', '--where', '(title=*)', '--json');
      const none = await run('entry', 'diff', 'latest~2', 'latest', '--base', 'ou=Groups,dc=example,dc=com');

      assert.deepEqual(output.split('\n').slice(0, 4).toSorted(), [
        `+ ${dn('user.60')}`,
        `- ${dn('user.9')}`,
        `M ${dn('user.30')}  title`,
        `R ${dn('user.7')} → ${dn('sieben')}  uid, mail`,
      ]);
      assert.match(output, /: 1 added, 1 removed, 1 changed, 1 renamed\.\n$/);
      assert.deepEqual((JSON.parse(some.output) as { counts: unknown }).counts, { added: 0, removed: 0, changed: 1, renamed: 0 });
      assert.match(none.output, /no entry differs\.\n$/);
    });

    test('entry diff --format report shows each value, and none that is secret', async () => {
      const { output } = await run('entry', 'diff', 'latest~2', 'latest', '--format', 'report');

      assert.match(output, /^CHANGED uid=user\.30,.*\n {2}\+ title: Žluťoučký kůň\n$/m);
      assert.match(
        output,
        /^RENAMED uid=user\.7,.*\n {5}to uid=sieben,.*\n {2}- uid: user\.7\n {2}\+ uid: sieben\n {2}- mail: seven@example\.com\n {2}\+ mail: seven@example\.org\n$/m,
      );
      assert.match(output, /^REMOVED uid=user\.9,[^]*? {2}- userPassword: \(a value, hidden\)$/m);
      assert.ok(!output.includes('SSHA512'));
    });

    test('entry diff --format ldif writes change records into a new file for its owner alone', async () => {
      const file = path.join(home.path, 'changes.ldif');
      const { exitCode, output } = await run('entry', 'diff', 'latest~2', 'latest', '--format', 'ldif', '--output', file);
      const again = await run('entry', 'diff', 'latest~2', 'latest', '--format', 'ldif', '--output', file);
      const text = await readFile(file, 'utf8');

      assert.equal(exitCode, 0, output);
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.equal(
        text.replace(/dn: uid=user\.60[^]*?\n\n/, 'ADDED\n\n'),
        [
          'version: 1\n',
          'ADDED\n',
          `dn: ${dn('user.7')}\nchangetype: modrdn\nnewrdn: uid=sieben\ndeleteoldrdn: 1\n`,
          ...text
            .split('\n\n')
            .filter((record) => record.includes('changetype: modify'))
            .map((record) => `${record}\n`),
          `dn: ${dn('user.9')}\nchangetype: delete\n\n`,
        ].join('\n'),
      );
      assert.match(
        text,
        /^dn: uid=sieben,.*\nchangetype: modify\ndelete: mail\nmail: seven@example\.com\n-\nadd: mail\nmail: seven@example\.org\n-\n$/m,
      );
      assert.ok(!text.includes('SSHA512') && !text.includes('\nuid: sieben\n'));
      assert.equal(again.exitCode, 1);
      assert.match(again.errorOutput, /^rootcellar: Cannot write .*changes\.ldif: it is there already\n/);
    });

    test('entry diff refuses a format that there is not, a summary into a file, and now with now', async () => {
      const words = [
        ['latest~1', 'latest', '--format', 'xml'],
        ['latest~1', 'latest', '--output', 'x'],
        ['now', 'now'],
      ];
      for (const one of words) assert.equal((await run('entry', 'diff', ...one)).exitCode, 2, one.join(' '));
    });
  });
}
