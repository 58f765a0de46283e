import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { type TemporaryFolder, temporaryFolder } from '../../test/harness/temporary-folder.ts';
import type { DirectoryServer } from '../directory-servers/directory-server.ts';
import { entryIndexOf } from '../domain/entry-index.ts';
import { stageExport } from './stage-export.ts';

const entry = (name: string) => `dn: cn=${name},dc=x\nobjectClass: top\ncn: ${name}\n\n`;

/** Stands for a server whose export task says that it succeeded, whatever it wrote. */
function serverThatWrites(content: string | undefined, log: readonly string[]): Pick<DirectoryServer, 'exportLdif'> {
  return {
    exportLdif: async ({ ldifFile }) => {
      if (content !== undefined) await writeFile(ldifFile, content);
      return { taskId: 'rootcellar-1', log };
    },
  };
}

function stage(home: TemporaryFolder, content: string | undefined, ...log: readonly string[]) {
  const server = serverThatWrites(content, log);
  return stageExport({ server, backend: 'userRoot' }, { folder: home.path, serverFolder: home.path }, {});
}

test('stageExport() tells where the export lies in the set, and what it holds', async () => {
  await using home = await temporaryFolder('export');
  const said = 'msgID=backend-515 message="Exported 2 entries and skipped 0 in 0 seconds (average rate 6222.2/sec)"';

  const [one, two] = [await stage(home, entry('a') + entry('b'), 'begun', said), await stage(home, entry('b') + entry('a'))];

  assert.deepEqual([one.path, one.entries, two.entries], ['export/userRoot.ldif', 2, 2]);
  assert.match(one.digest, /^1-[0-9a-f]{64}$/);
  assert.equal(two.digest, one.digest);
});

test('stageExport() writes the index of the export beside it', async () => {
  await using home = await temporaryFolder('export');
  const people = Array.from({ length: 3000 }, (_, number) => entry(`Person ${number}`));

  const { path: name, index: indexName } = await stage(home, people.join(''));

  assert.equal(indexName, 'export/userRoot.ldif.index');
  const [ldif, bytes] = await Promise.all([name, indexName].map((one) => readFile(path.join(home.path, one))));
  assert.ok(ldif && bytes);
  const index = await entryIndexOf([bytes]);
  assert.deepEqual([index.entries, index.exportBytes], [3000, ldif.length]);
  const [block] = await index.findName('cn=person 1234,dc=x');
  assert.ok(block);
  assert.match(ldif.toString('utf8', block.at, block.at + block.bytes), /^dn: cn=Person 1234,dc=x$/m);
});

const refusals: readonly (readonly [string, string, readonly string[], string])[] = [
  [
    'has fewer entries than the server says',
    entry('a'),
    ['Exported 2 entries and skipped 0 in 0 seconds'],
    'the server says that it exported 2 entries and skipped 0, and 1 are there',
  ],
  [
    'lacks entries that the server passed over',
    entry('a'),
    ['Exported 1 entries and skipped 1 in 0 seconds'],
    'the server says that it exported 1 entries and skipped 1, and 1 are there',
  ],
  ['is empty', '', [], 'it has no entry'],
];
for (const [what, content, log, state] of refusals) {
  test(`stageExport() refuses an export that ${what}`, async () => {
    await using home = await temporaryFolder('export');

    await assert.rejects(stage(home, content, ...log), {
      code: 'E_BACKUP_INCOMPLETE',
      message: `Cannot use the export of userRoot: ${state}`,
      hint: "nothing was archived; look at the server's error log, then run the backup again",
    });
  });
}

test('stageExport() refuses what is no LDIF, such as an export that the server encrypted', async () => {
  await using home = await temporaryFolder('export');

  await assert.rejects(stage(home, 'PK\u0003\u0004'), {
    code: 'E_BACKUP_INCOMPLETE',
    message: `Cannot use the export of userRoot: Cannot read ${path.join(home.path, 'export/userRoot.ldif')} as LDIF: line 1: it has no colon`,
  });
});

test('stageExport() says when the file is not where the server was told to write it', async () => {
  await using home = await temporaryFolder('export');
  const file = path.join(home.path, 'export/userRoot.ldif');

  await assert.rejects(stage(home, undefined), {
    code: 'E_STAGING_NOT_SHARED',
    message: `Cannot read the export ${file}: ENOENT: no such file or directory, open '${file}'`,
    hint: /^a server may write exports for its own user alone: run rootcellar as the same user, or set backup\.export to false/,
  });
});

test('stageExport() says when it may not make its folder', async () => {
  await using home = await temporaryFolder('export');
  await writeFile(path.join(home.path, 'export'), '');
  await chmod(path.join(home.path, 'export'), 0o600);

  await assert.rejects(stage(home, entry('a')), { code: 'E_STAGING_NOT_WRITABLE' });
});
