import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { entryDigest, EntryTotals } from '../domain/entry-digest.ts';
import type { ManifestBackend } from '../domain/manifest.ts';
import { readExport } from '../staging/read-export.ts';
import { checkExports } from './check-exports.ts';

const good = 'dn: dc=com\nobjectClass: domain\ndc: com\n\ndn: cn=a,dc=com\ncn: a\n\n';

/** Checks a set whose export reads so, and whose manifest says what `good` has. */
async function check(text: string, parts: { readonly entries?: number; readonly digest?: string } = {}): Promise<void> {
  await using home = await temporaryFolder('check-exports');
  const [was, is] = ['good.ldif', 'userRoot.ldif'].map((name) => path.join(home.path, name)) as [string, string];
  await writeFile(was, good);
  await writeFile(is, text);
  const totals = new EntryTotals();
  for await (const batch of readExport(was)) for (const entry of batch) totals.add(entryDigest(entry));
  const time = '2026-11-23T10:00:00.000Z';
  const exported = { path: 'userRoot.ldif', entries: totals.entries, digest: totals.digest, began: time, ended: time, ...parts };
  const backend: ManifestBackend = {
    id: 'userRoot',
    role: 'user',
    backupId: 'b',
    folder: 'userRoot',
    baseDns: [],
    isEncrypted: false,
    isCompressed: false,
    export: exported,
  };
  await checkExports(home.path, [backend], {});
}

test('checkExports() accepts the entries that were exported, in whatever form, and a digest by a rule that it does not know', async () => {
  await check(good);
  await check(good.replace('cn: a\n', 'CN:: YQ==\n'));
  await check(good, { digest: `9999-${'0'.repeat(64)}` });
});

for (const [what, text, found] of [
  ['an entry is missing', good.slice(0, good.indexOf('dn: cn=a')), 1],
  ['a value is another', good.replace('cn: a\n', 'cn: b\n'), 2],
] as const) {
  test(`checkExports() refuses an export of which ${what}`, async () => {
    await assert.rejects(check(text), {
      code: 'E_FILE_DAMAGED',
      exitCode: 20,
      message: `Cannot restore backend "userRoot" from userRoot.ldif: it has ${found} entries, and not the 2 that were exported`,
    });
  });
}

test('checkExports() refuses what is no LDIF', async () => {
  await assert.rejects(check('rubbish\n'), { code: 'E_LDIF_INVALID', exitCode: 20 });
});
