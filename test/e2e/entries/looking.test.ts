import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Entry } from 'ldapts';
import { isAtOrBelow, normalDn } from '../../../src/domain/dn.ts';
import { manageDsaIt } from '../../harness/directory-entries.ts';
import type { OpendjServer } from '../../harness/opendj.ts';
import {
  deleteSubtree,
  differing,
  dropMembers,
  type EntriesScene,
  manglePeople,
  nothing,
  replaceValues,
  setByOpendj,
  setEntriesScene,
} from '../entries-scene.ts';
import type { Operator } from '../main-job-scene.ts';

interface ShownValues {
  readonly name: string;
  readonly values: readonly (string | { readonly base64: string })[];
  readonly hidden?: number;
}

interface ShownEntry {
  readonly dn: string;
  readonly attributes: readonly ShownValues[];
}

interface History {
  readonly snapshots: number;
  readonly moments: readonly {
    readonly kind: string;
    readonly dn: string;
    readonly dnBefore?: string;
    readonly changes: readonly { readonly name: string; readonly removed: ShownValues; readonly added: ShownValues }[];
  }[];
}

interface EntryBeside {
  readonly dn?: string;
  readonly beside: { readonly moment: unknown; readonly dn?: string };
  readonly changes: History['moments'][number]['changes'];
}

interface Difference {
  readonly counts: Readonly<Record<'added' | 'removed' | 'changed' | 'renamed', number>>;
}

// One server and one archive, which each test finds as the one before left it: snapshots of one directory over time.
suite('looking at entries of snapshots', () => {
  let scene: EntriesScene;
  let operator: Operator;
  before(async () => {
    scene = await setEntriesScene();
    operator = await scene.operator('looking');
    await operator.run(['init']);
    await operator.run(['backup']);
  });
  after(async () => scene[Symbol.asyncDispose]());

  test('the scene has an entry of each kind, and each way to harm them is seen', async () => {
    const { client, dns } = scene;
    const begin = await scene.entries();
    const found = new Set([...begin.keys()].map(normalDn));
    assert.deepEqual(
      Object.values(dns).filter((dn) => !found.has(normalDn(dn))),
      [],
    );

    await manglePeople(scene, 3);
    await client.modifyDN(dns.europe, `ou=Europe,${dns.groups}`);
    const { changed, missing, added } = differing(begin, await scene.entries());

    const people = [0, 1, 2].map((number) => `uid=user.${number},${dns.people}`);
    // Both parents count what is below them.
    assert.deepEqual(changed, [dns.groups, dns.regions, ...people].map((dn) => dn.toLowerCase()).toSorted());
    assert.deepEqual([missing.length, added.length], [6, 6]);
    await client.modifyDN(`ou=Europe,${dns.groups}`, dns.europe);
  });

  test('entry show has every value that the server has, of every kind of entry', async () => {
    const { client, dns } = scene;
    await operator.run(['backup']);
    for (const dn of Object.values(dns)) {
      const {
        searchEntries: [entry],
      } = await client.search(dn, { scope: 'base', attributes: ['*'] }, manageDsaIt());
      assert.ok(entry, dn);

      const shown = await operator.json<ShownEntry>(['entry', 'show', dn, '--show-secrets', '--yes']);

      assert.equal(normalDn(shown.dn), normalDn(dn));
      assert.deepEqual(shownValues(shown, Object.keys(entry)), serverValues(entry), dn);
    }
  });

  test('entry show hides passwords, and no command shows them unless asked twice', async () => {
    const { dns } = scene;
    const shown = await operator.json<ShownEntry>(['entry', 'show', dns.accented]);
    const { stdout } = await operator.run(['entry', 'show', dns.accented]);
    const { stderr } = await operator.run(['entry', 'show', dns.accented, '--show-secrets'], 2);

    assert.deepEqual(
      shown.attributes.filter(({ hidden }) => hidden !== undefined),
      [{ name: 'userPassword', values: [], hidden: 1 }],
    );
    assert.doesNotMatch(stdout, /\{SSHA/);
    assert.match(stderr, /--yes/);
    const found = await operator.run(['entry', 'find', '--text', '{SSHA}']);
    assert.match(found.stdout, /^0 entries found/);
  });

  test('entry find finds by filter, by text and by name, in whatever spelling', async () => {
    const { dns } = scene;
    const names = async (...words: readonly string[]): Promise<readonly string[]> => {
      const { entries } = await operator.json<{ readonly entries: readonly { readonly dn: string }[] }>(['entry', 'find', ...words]);
      return entries.map(({ dn }) => normalDn(dn)).toSorted();
    };

    assert.deepEqual(await names('--where', '(&(sn=#name?)(telephoneNumber=0))'), people(scene, 3));
    assert.deepEqual(await names('--text', '東京'), [normalDn(dns.accented)]);
    assert.deepEqual(await names('--where', '(sn;lang-ja=*)'), [normalDn(dns.accented)]);
    assert.deepEqual(await names('--where', '(objectClass=alias)', '--base', dns.regions), [normalDn(dns.alias)]);
    assert.deepEqual(await names('--dn', 'UID=multi.1 + CN="Multi Part",ou=germany,OU=europe,ou=Regions,dc=example,dc=com'), [
      normalDn(dns.manyParts),
    ]);
    assert.deepEqual(await names('--where', `(uniqueMember=${String.raw`uid=user.4999,ou=people,dc=example,dc=com`})`), [
      normalDn(dns.large),
    ]);
    assert.deepEqual(await names('--where', '(cn=nobody)'), []);
  });

  test('entry history tells each moment, and follows an entry under another name and back from the dead', async () => {
    const { client, dns } = scene;
    const moved = `uid=photo.2,${dns.accentedBranch}`;
    await client.modifyDN(dns.photo, moved);
    await dropMembers(client, dns.editors, 'uniqueMember', [dns.manyParts]);
    await operator.run(['backup']);
    await deleteSubtree(client, moved);
    await operator.run(['backup']);

    const ofPhoto = await operator.json<History>(['entry', 'history', dns.photo]);
    const ofMoved = await operator.json<History>(['entry', 'history', moved]);
    const ofEditors = await operator.json<History>(['entry', 'history', dns.editors]);
    const ofMangled = await operator.json<History>(['entry', 'history', people(scene, 1)[0] ?? '']);

    assert.deepEqual(
      ofPhoto.moments.map(({ kind, dn, dnBefore }) => [kind, dn, dnBefore]),
      [
        ['first', dns.photo, undefined],
        ['renamed', moved, dns.photo],
        ['gone', moved, undefined],
      ],
    );
    assert.deepEqual(ofMoved, ofPhoto);
    assert.deepEqual(
      ofEditors.moments.map(({ kind, changes }) => [kind, changesOf(changes, 'uniqueMember')]),
      [
        ['first', []],
        ['changed', [{ removed: [dns.manyParts], added: [] }]],
      ],
    );
    assert.deepEqual(changesOf(ofMangled.moments[1]?.changes ?? [], 'sn'), [{ removed: ['Amar'], added: ['#NAME?'] }]);
    assert.equal(ofMangled.snapshots, 4);
  });

  test('entry show --beside now has the entry as the running server has it, under whatever name, and what differs', async () => {
    const { client, dns } = scene;
    const [dn, moved] = [`uid=user.90,${dns.people}`, `uid=renamed.90,${dns.people}`];
    const beside = (name: string) => operator.json<EntryBeside>(['entry', 'show', name, '--beside', 'now']);
    await operator.run(['backup']);
    const same = await beside(dn);
    await client.modifyDN(dn, moved);
    await replaceValues(client, moved, 'sn', ['Other']);
    const renamed = await beside(dn);
    await client.del(moved);
    const gone = await beside(dn);
    await client.add(`ou=Newest,${dns.regions}`, { objectClass: ['top', 'organizationalUnit'], ou: 'Newest' });
    const added = await beside(`ou=Newest,${dns.regions}`);
    await client.del(`ou=Newest,${dns.regions}`);
    await operator.run([
      'entry',
      'restore',
      dn,
      '--from',
      'latest',
      '--yes',
      '--undo-file',
      path.join(operator.folder, 'renamed.undo.ldif'),
    ]);

    assert.deepEqual([same.dn, same.beside.dn, same.changes], [dn, dn, []]);
    assert.deepEqual([renamed.dn, renamed.beside.dn], [dn, moved]);
    assert.deepEqual(
      changesOf(renamed.changes, 'sn').map(({ added: values }) => values),
      [['Other']],
    );
    assert.deepEqual(changesOf(renamed.changes, 'uid'), [{ removed: ['user.90'], added: ['renamed.90'] }]);
    assert.deepEqual([gone.dn, gone.beside, gone.changes], [dn, { moment: 'now' }, []]);
    assert.deepEqual([added.dn, added.beside.dn], [undefined, `ou=Newest,${dns.regions}`]);
    assert.ok(![same, renamed, gone, added].some((document) => JSON.stringify(document).includes('{SSHA')));
  });

  test('entry diff as LDIF, given to the server by ldapmodify, makes it what the snapshot has', async () => {
    const { client, directory, dns } = scene;
    const begin = await scene.entries([...setByOpendj, ...notWrittenByClients]);
    await operator.run(['backup']);
    await manglePeople(scene, 20);
    await client.modifyDN(dns.europe, `ou=Europe,${dns.groups}`);
    await client.modifyDN(`uid=user.50,${dns.people}`, `uid=renamed.50,${dns.people}`);
    await replaceValues(client, `uid=user.51,${dns.people}`, 'description', ['ends with a blank ', 'Größe', '\u0001\n']);
    await client.del(dns.admins);
    await deleteSubtree(client, dns.accentedBranch);
    await client.add(`ou=New,${dns.regions}`, { objectClass: ['top', 'organizationalUnit'], ou: 'New' });
    assert.notDeepEqual(differing(begin, await scene.entries([...setByOpendj, ...notWrittenByClients])), nothing);
    const file = path.join(operator.folder, 'back.ldif');

    const { counts } = await operator.json<Difference>(['entry', 'diff', 'latest', 'now']);
    await operator.run(['entry', 'diff', 'now', 'latest', '--format', 'ldif', '--output', file, '--show-secrets', '--yes']);
    await applyByTool(directory, file);

    // Europe and all below it have other names, and a person.
    const moved = [...begin.keys()].filter((dn) => isAtOrBelow(normalDn(dn), normalDn(dns.europe))).length;
    assert.deepEqual(counts, { added: 1, removed: 3, changed: 21, renamed: moved + 1 });
    assert.deepEqual(differing(begin, await scene.entries([...setByOpendj, ...notWrittenByClients])), nothing);
  });

  test('entry diff of what is the same says so, and of a part tells that part alone', async () => {
    const { client, dns } = scene;
    await operator.run(['backup']);
    assert.match((await operator.run(['entry', 'diff', 'latest', 'now'])).stdout, /to now no entry differs\.\n$/);
    await replaceValues(client, dns.admins, 'description', ['another']);
    await manglePeople(scene, 1);

    const part = await operator.json<Difference>(['entry', 'diff', 'latest', 'now', '--base', dns.groups]);
    const filtered = await operator.json<Difference>(['entry', 'diff', 'latest', 'now', '--where', '(sn=#NAME?)']);

    assert.deepEqual(part.counts, { added: 0, removed: 0, changed: 1, renamed: 0 });
    assert.deepEqual(filtered.counts, { added: 0, removed: 0, changed: 1, renamed: 0 });
  });

  const refusals: readonly (readonly [what: string, words: readonly string[], code: number, said: RegExp])[] = [
    [
      'a DN that is in no snapshot, with the nearest names',
      ['entry', 'show', 'uid=user.1000,ou=People,dc=example,dc=com'],
      1,
      /Cannot find "uid=user\.1000,ou=People,dc=example,dc=com" in ds-0\/\S+: no entry has this name\n {2}→ did you mean "uid=user\.10\d?,ou=People,dc=example,dc=com"/,
    ],
    [
      'the history of a DN that is in no snapshot',
      ['entry', 'history', 'cn=admin,ou=Groups,dc=example,dc=com'],
      1,
      /no entry has this name\n {2}→ did you mean "cn=admins,ou=Groups,dc=example,dc=com"/,
    ],
    [
      'what is no DN',
      ['entry', 'show', 'uid=a,nonsense'],
      2,
      /Cannot read a DN: position 15: a "=" is expected\n.*\n {4}uid=a,nonsense\n {18}\^/,
    ],
    [
      'a filter with an error, and where it is',
      ['entry', 'find', '--where', '(&(cn=a)(sn>b))'],
      2,
      /Cannot read the filter: position 12: one of "=", ">=", "<=", "~=" and ":=" is expected\n.*\n {4}\(&\(cn=a\)\(sn>b\)\)\n {15}\^/,
    ],
    ['a rule that nobody knows', ['entry', 'find', '--where', '(cn:noMatch:=a)'], 2, /the matching rule noMatch is not known here/],
    ['two times now', ['entry', 'diff', 'now', 'now'], 2, /Cannot compare now with now/],
    ['a format that there is not', ['entry', 'diff', 'latest~1', 'latest', '--format', 'xml'], 2, /Cannot write the difference as "xml"/],
  ];
  for (const [what, words, code, said] of refusals) {
    test(`refuses ${what}`, async () => {
      const { stderr } = await operator.run(words, code);

      assert.match(stderr, said);
    });
  }

  test('a snapshot without an export is refused, and it is said how one comes to have it', async () => {
    const bare = await scene.operator('bare', undefined, { ROOTCELLAR_BACKUP_EXPORT: 'false' });
    await bare.run(['init']);
    await bare.run(['backup']);

    const { stderr } = await bare.run(['entry', 'show', scene.dns.admins], 1);

    assert.match(stderr, /Cannot look at the entries of ds-0\/\S+: it has no export of them\n {2}→ .*backup\.export/);
  });

  test('a file that is there already is not written over', async () => {
    const file = path.join(operator.folder, 'there.ldif');
    await writeFile(file, 'mine');

    const { stderr } = await operator.run(['entry', 'diff', 'latest~1', 'latest', '--format', 'ldif', '--output', file], 1);

    assert.match(stderr, /Cannot write .*there\.ldif: it is there already\n {2}→ name another file/);
    assert.equal(await readFile(file, 'utf8'), 'mine');
  });
});

/** What a server sets when it adds an entry, and takes from no client that has no control for it. */
const notWrittenByClients = ['entryUUID', 'createTimestamp', 'creatorsName', 'pwdChangedTime'];

function people(scene: EntriesScene, count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => normalDn(`uid=user.${number},${scene.dns.people}`));
}

function changesOf(changes: History['moments'][number]['changes'], name: string) {
  return changes.filter((change) => change.name === name).map(({ removed, added }) => ({ removed: removed.values, added: added.values }));
}

/** Values as sorted base64 by attribute in lower case. */
function shownValues({ attributes }: ShownEntry, names: readonly string[]): unknown {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const shown = attributes.filter(({ name }) => wanted.has(name.toLowerCase()));
  return Object.fromEntries(
    shown
      .map(
        ({ name, values }) =>
          [name.toLowerCase(), values.map((value) => (typeof value === 'string' ? base64(value) : value.base64)).toSorted()] as const,
      )
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );
}

function serverValues(entry: Entry): unknown {
  return Object.fromEntries(
    Object.entries(entry)
      // What was asked for is there too, where an entry has none.
      .filter(([name]) => name !== 'dn' && name !== '*')
      .map(
        ([name, values]) =>
          [
            name.toLowerCase(),
            [values]
              .flat()
              .map((value) => base64(value))
              .toSorted(),
          ] as const,
      )
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );
}

function base64(value: string | Buffer): string {
  return Buffer.from(value).toString('base64');
}

/** The server's own `ldapmodify`, which ends at the first change that is refused. */
async function applyByTool(directory: OpendjServer, file: string): Promise<void> {
  await directory.tool('ldapmodify', [
    '--noPropertiesFile',
    '--useSsl',
    '--trustAll',
    '--hostname',
    '127.0.0.1',
    '--port',
    `${directory.ldapsPort}`,
    '--bindDN',
    directory.bindDn,
    '--bindPasswordFile',
    directory.passwordFile,
    file,
  ]);
}
