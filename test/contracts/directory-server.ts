import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { access, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { DirectoryServer } from '../../src/directory-servers/directory-server.ts';
import { entryDigest, EntryTotals } from '../../src/domain/entry-digest.ts';
import { type LdifEntry, readLdif } from '../../src/domain/read-ldif.ts';
import { isFailure } from '../../src/foundation/failure.ts';
import type { ProgressEvent } from '../../src/foundation/progress.ts';

/** What a contract test works on: asked for in each test, so that it may be made in a `before` hook. */
export interface DirectoryServerUnderTest {
  readonly server: DirectoryServer;
  /** An empty folder that the server may write in. */
  readonly folder: string;
  /** DN of a base entry of the backend `userRoot`. */
  readonly baseDn: string;
  /** Entries of that backend. */
  readonly entries: number;
  /** Whether the server runs; the counts are known only then. */
  readonly isRunning: boolean;
}

/** The promises of the port `DirectoryServer` that every implementation keeps before a real OpenDJ. */
export function directoryServerContract(subject: () => DirectoryServerUnderTest): void {
  const backUp = (
    backupId: string,
    more: { readonly backend?: string; readonly folder?: string } = {},
    report?: (event: ProgressEvent) => void,
  ) => {
    const { server, folder } = subject();
    const request = {
      backend: 'userRoot',
      folder: path.join(folder, backupId),
      backupId,
      compress: false,
      encrypt: false,
      ...more,
    } as const;
    return server.backUp(request, { report });
  };

  test('describe() tells product, version, the users backend first, and what can be backed up', async () => {
    const { server, baseDn, entries, isRunning } = subject();

    const description = await server.describe();

    assert.equal(description.product, 'OpenDJ');
    assert.match(description.version, /^\d+\.\d+\.\d+$/);
    const [first] = description.backends;
    assert.deepEqual([first?.id, first?.role, first?.isEnabled, first?.canBeBackedUp], ['userRoot', 'user', true, true]);
    assert.deepEqual(first?.baseDns, [{ dn: baseDn, entries: isRunning ? entries : undefined }]);
    const others = description.backends.filter(({ canBeBackedUp, role }) => canBeBackedUp && role !== 'user');
    assert.deepEqual(
      others.map(({ id }) => id),
      ['schema', 'tasks'],
    );
  });

  test('health() tells that nothing speaks against an idle server, and of a stopped one nothing', async () => {
    const { server, isRunning } = subject();
    const idle = { backendsOutOfService: [], backlog: 0, runningTasks: 0, reasons: [] };
    const stopped = { reasons: ['the server is stopped: only a running one tells how it is'] };

    assert.deepEqual(await server.health(), isRunning ? idle : stopped);
  });

  test('backUp() leaves backup.info and one archive, and reports the lines of the server', async () => {
    const notes: string[] = [];

    const outcome = await backUp('20261123000001Z', {}, (event) => {
      if (event.kind === 'note') notes.push(event.text);
    });

    const names = await readdir(path.join(subject().folder, '20261123000001Z'));
    assert.deepEqual(names.toSorted(), ['backup-userRoot-20261123000001Z', 'backup.info']);
    assert.ok(notes.includes('Archived backup file: 00000000.jdb'), notes.join('\n'));
    assert.ok(outcome.log.some((line) => line.includes('The backup process completed successfully')));
  });

  test('backUp() makes a backup of the schema', async () => {
    await backUp('schema', { backend: 'schema' });

    await access(path.join(subject().folder, 'schema', 'backup-schema-schema'));
  });

  test('restore() brings back what was backed up, and only checks it when asked to', async () => {
    const { server, folder } = subject();
    await backUp('kept');
    const request = { backend: 'userRoot', folder: path.join(folder, 'kept'), backupId: 'kept' };

    const checked = await server.restore({ ...request, verifyOnly: true });
    const restored = await server.restore(request);

    assert.ok(checked.log.some((line) => line.includes('Verifying backup file: 00000000.jdb')));
    assert.ok(restored.log.some((line) => line.includes('Restored backup file: 00000000.jdb')));
  });

  test('exportLdif() writes every entry', async () => {
    const { server, folder, entries } = subject();
    await mkdir(path.join(folder, 'ldif'), { recursive: true });
    const ldifFile = path.join(folder, 'ldif', 'all.ldif');

    await server.exportLdif({ backend: 'userRoot', ldifFile });

    assert.equal((await readFile(ldifFile, 'utf8')).match(/^dn: /gm)?.length, entries);
  });

  test('importLdif() puts the entries of an export in the place of what is there, with every attribute', async () => {
    const { server, folder } = subject();
    const place = path.join(folder, 'import');
    await mkdir(place, { recursive: true });
    const [before, altered, after] = ['before', 'altered', 'after'].map((name) => path.join(place, `${name}.ldif`)) as [
      string,
      string,
      string,
    ];
    await server.exportLdif({ backend: 'userRoot', ldifFile: before });
    // Neither the schema nor the server's clock has a say in what was there.
    const odd =
      'objectClass: top\nobjectClass: formerClass\nformerAttribute: 1\ncreateTimestamp: 20200101000000Z\nentryUUID: 7c1ee21c-0f5c-4b5e-8f0a-0d6a3b9f2d11\n';
    await writeFile(altered, `${(await readFile(before, 'utf8')).trimEnd()}\n\ndn: cn=odd,dc=example,dc=com\ncn: odd\n${odd}\n`);
    const read = async (name: string): Promise<string> => (await totalsOf(readLdif(createReadStream(name), { name }))).digest;

    await server.importLdif({ backend: 'userRoot', ldifFile: altered });
    await server.exportLdif({ backend: 'userRoot', ldifFile: after });
    const found = [await read(after), await readFile(after, 'utf8')] as const;
    await server.importLdif({ backend: 'userRoot', ldifFile: before });

    assert.equal(found[0], await read(altered));
    assert.match(found[1], /^createTimestamp: 20200101000000Z$/m);
    assert.notEqual(found[0], await read(before));
  });

  test('importLdif() of a file that is not there is refused, and the entries stay', async () => {
    const { server, folder } = subject();
    const [missing, left] = [path.join(folder, 'missing.ldif'), path.join(folder, 'left.ldif')];

    await assert.rejects(server.importLdif({ backend: 'userRoot', ldifFile: missing }), (error: unknown) => {
      assert.ok(isFailure(error), String(error));
      assert.match(error.message, /^Cannot import the export of backend "userRoot": the server.*missing\.ldif/);
      return true;
    });

    await mkdir(folder, { recursive: true });
    await server.exportLdif({ backend: 'userRoot', ldifFile: left });
    assert.equal((await readFile(left, 'utf8')).match(/^dn: /gm)?.length, subject().entries);
  });

  test('readEntries() gives the very entries of an export, whatever is worked out when asked', async () => {
    const { server, folder, entries, baseDn, isRunning } = subject();
    if (!isRunning) {
      await assert.rejects(Array.fromAsync(server.readEntries(baseDn)), { code: 'E_SERVER_UNREACHABLE' });
      return;
    }
    await mkdir(path.join(folder, 'read'), { recursive: true });
    const ldifFile = path.join(folder, 'read', 'all.ldif');
    await server.exportLdif({ backend: 'userRoot', ldifFile });

    const read = await totalsOf(server.readEntries(baseDn));
    const exported = await totalsOf(readLdif(createReadStream(ldifFile), { name: ldifFile }));

    assert.deepEqual([read.entries, read.digest], [entries, exported.digest]);
  });

  test('single entries are found, read and changed only on a running server', async () => {
    const { server, baseDn, isRunning } = subject();
    const dn = `ou=contract,${baseDn}`;
    const values = (name: string, ...texts: readonly string[]) => ({ name, values: texts.map((text) => Buffer.from(text)) });
    const addition = {
      kind: 'add',
      dn,
      attributes: [values('objectClass', 'top', 'organizationalUnit'), values('ou', 'contract')],
    } as const;
    if (!isRunning) {
      const stopped = { code: 'E_SERVER_UNREACHABLE', message: /is stopped, or worked on as if it were \(server\.mode is offline\)$/ };
      await assert.rejects(Array.fromAsync(server.findEntries({ baseDn, scope: 'one' })), stopped);
      for (const call of [server.readEntry(dn), server.readSchema(), server.changeAbilities(), server.rehearseChanges([addition])])
        await assert.rejects(call, stopped);
      await assert.rejects(server.applyChanges([[addition]]), stopped);
      return;
    }
    assert.deepEqual(await server.rehearseChanges([addition]), [{ state: 'applied' }]);
    assert.deepEqual(await server.applyChanges([[addition]]), { applied: 1, refused: 0 });
    const found = (await Array.fromAsync(server.findEntries({ baseDn, scope: 'one', filter: '(ou=contract)' }))).flat();
    assert.deepEqual(found, [await server.readEntry(dn)]);
    assert.deepEqual(await server.applyChanges([[{ kind: 'delete', dn }], [{ kind: 'delete', dn }]]), { applied: 1, refused: 1 });
    assert.equal(await server.readEntry(dn), undefined);
    assert.equal((await server.readSchema()).objectClass('organizationalUnit')?.kind, 'structural');
  });

  test('backUp() of an unknown backend names it', async () => {
    await assert.rejects(backUp('nope', { backend: 'nope' }), (error: unknown) => {
      assert.ok(isFailure(error, 'E_BACKEND_MISSING'), String(error));
      const words = 'None of the Directory Server backends are configured with the requested backend ID "nope"';
      assert.equal(error.message, `Cannot back up backend "nope": the server says "${words}"`);
      return true;
    });
  });

  test('backUp() into a folder that cannot be written says so', async () => {
    await assert.rejects(backUp('proc', { folder: '/proc/rootcellar' }), (error: unknown) => {
      assert.ok(isFailure(error, 'E_STAGING_NOT_WRITABLE'), String(error));
      assert.match(error.message, /^Cannot back up backend "userRoot": the server says ".*FileNotFoundException: \/proc\/rootcellar/);
      assert.doesNotMatch(error.message, /\.java:/);
      return true;
    });
  });

  test('restore() of an unknown backup is refused in the words of the server', async () => {
    const { server, folder } = subject();
    await backUp('there');
    const request = { backend: 'userRoot', folder: path.join(folder, 'there'), backupId: 'elsewhere' };

    await assert.rejects(server.restore(request), {
      code: 'E_TASK_FAILED',
      message: `Cannot restore backend "userRoot": the server says "The requested backup ID elsewhere does not exist in ${request.folder}"`,
    });
  });

  test('exportEncryptionSettings() is refused without a pin', async () => {
    await assert.rejects(subject().server.exportEncryptionSettings('/nonexistent'), { code: 'E_TOOL_MISSING' });
  });
}

async function totalsOf(batches: AsyncIterable<readonly LdifEntry[]>): Promise<EntryTotals> {
  const totals = new EntryTotals();
  for await (const batch of batches) for (const entry of batch) totals.add(entryDigest(entry));
  return totals;
}
