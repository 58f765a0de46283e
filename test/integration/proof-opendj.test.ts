import assert from 'node:assert/strict';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Attribute, Change, type Client, Control } from 'ldapts';
import { stageExport } from '../../src/backup/stage-export.ts';
import type { LdapDirectoryServer } from '../../src/directory-servers/ldap-directory-server.ts';
import type { Manifest, ManifestBackend } from '../../src/domain/manifest.ts';
import type { EntryProof } from '../../src/domain/recovery-report.ts';
import { proofExport, proveRestored, removeProofExports } from '../../src/restore/prove.ts';
import { proveReplica } from '../../src/restore/prove-replica.ts';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { ldapServerAt } from '../harness/ldap-server.ts';

// What a proof says of a real server's entries. The server stands for the one that was restored, and for another replica of it.
suite('the proof before a real OpenDJ', () => {
  let opendj: OpendjServer;
  let client: Client;
  let server: LdapDirectoryServer;
  let home: TemporaryFolder;
  before(async () => {
    opendj = await startOpendj();
    client = await opendj.connect();
    home = await temporaryFolder('proof');
    server = ldapServerAt(opendj);
  });
  after(async () => {
    await server.close();
    await client.unbind();
    await opendj[Symbol.asyncDispose]();
    await home.remove();
  });

  const baseDn = 'dc=example,dc=com';
  const person = (number: number) => `uid=user.${number},ou=People,${baseDn}`;
  const rename = (dn: string, telephoneNumber: string) =>
    client.modify(
      dn,
      new Change({ operation: 'replace', modification: new Attribute({ type: 'telephoneNumber', values: [telephoneNumber] }) }),
    );
  const place = (name: string) => ({ folder: path.join(home.path, name), serverFolder: path.join(home.path, name) });

  test('readEntries() reads what searches hide, and no virtual attributes; page by page', async () => {
    const dn = `ou=read,${baseDn}`;
    const add = (name: string, objectClass: string, more: Record<string, string>) =>
      client.add(name === '' ? dn : `cn=${name},${dn}`, { objectClass: ['top', ...objectClass.split(' ')], ...more });
    try {
      await add('', 'organizationalUnit', { ou: 'read' });
      await add('policy', 'subentry pwdPolicy', { pwdAttribute: 'userPassword', subtreeSpecification: '{}' });
      await add('dynamic', 'groupOfURLs', { memberURL: `ldap:///${baseDn}??sub?(uid=user.1)` });
      await add('virtual', 'groupOfNames ds-virtual-static-group', { 'ds-target-group-dn': `cn=dynamic,${dn}` });
      for (let person = 0; person < 500; person += 1) {
        await client.add(`uid=p${person},${dn}`, { objectClass: ['top', 'inetOrgPerson'], uid: `p${person}`, cn: 'P', sn: 'P' });
      }

      const batches = await Array.fromAsync(server.readEntries(dn));

      const found = batches.flat();
      assert.deepEqual([found.length, batches.length], [504, 2]);
      assert.ok(found.some((entry) => entry.dn === `cn=policy,${dn}`));
      const names = new Set(found.flatMap((entry) => entry.names.map((name) => name.toLowerCase())));
      for (const name of ['entrydn', 'hassubordinates', 'etag', 'member', 'pwdpolicysubentry']) assert.ok(!names.has(name), name);
      for (const name of ['createtimestamp', 'entryuuid']) assert.ok(names.has(name), name);
    } finally {
      await client.del(dn, new Control('1.2.840.113556.1.4.805'));
    }
  });

  /** A set with the export of now, whose window ended before anything else is written. */
  async function takeSet(name: string, { began = '2020-01-01T00:00:00.000Z', ended = '2020-01-01T00:00:01.000Z', isExported = true } = {}) {
    const [set, run] = [place(`${name}-set`), place(`${name}-run`)];
    await mkdir(set.folder);
    await mkdir(run.folder);
    const staged = await stageExport({ server, backend: 'userRoot' }, set, {});
    const backend: ManifestBackend = {
      id: 'userRoot',
      role: 'user',
      backupId: 'b',
      folder: 'userRoot',
      baseDns: [{ dn: baseDn, entries: staged.entries }],
      isEncrypted: false,
      isCompressed: false,
      ...(isExported ? { export: { ...staged, began, ended } } : {}),
    };
    const manifest: Manifest = {
      version: 1,
      backupId: 'b',
      time: began,
      server: 'prod',
      origin: 'backup',
      program: 'rootcellar test',
      backends: [backend],
      files: [],
    };
    const request = { server, serverName: 'ds-0', manifest, backends: ['userRoot', 'gone'], setFolder: set.folder, run };
    return { request, run };
  }

  const told = (proof: EntryProof | undefined) => [
    proof?.state,
    proof?.differences,
    proof?.examples?.map(({ dn, difference }) => `${dn} ${difference}`),
  ];

  test('proveRestored() finds the same entries equal by their digest, and leaves the export for the other replicas', async () => {
    const { request, run } = await takeSet('same');

    const [proof, ...others] = await proveRestored(request);

    assert.deepEqual(others, []);
    assert.deepEqual(
      [proof?.server, proof?.backend, proof?.baseDn, proof?.by, proof?.state],
      ['ds-0', 'userRoot', baseDn, 'entries', 'equal'],
    );
    assert.deepEqual([proof?.foundEntries, proof?.foundDigest], [proof?.expectedEntries, proof?.expectedDigest]);
    await access(proofExport(run, 'userRoot').folder);
    await removeProofExports(run);
    await assert.rejects(access(proofExport(run, 'userRoot').folder));
  });

  test('proveRestored() lists what is missing, unexpected and different', async () => {
    const { request } = await takeSet('differing');
    await rename(person(3), '+1 555 3');
    await client.del(person(4));
    await client.add(`ou=new,${baseDn}`, { objectClass: ['top', 'organizationalUnit'], ou: 'new' });

    const [proof] = await proveRestored(request);

    assert.deepEqual(told(proof), ['different', 3, [`${person(4)} missing`, `ou=new,${baseDn} unexpected`, `${person(3)} different`]]);
  });

  test('proveRestored() of a set without an export compares the counts, and says so', async () => {
    const { request } = await takeSet('counted', { isExported: false });
    await rename(person(5), '+1 555 5');
    const [equal] = await proveRestored(request);
    await client.del(person(6));
    const [different] = await proveRestored(request);

    assert.deepEqual([equal?.by, equal?.state], ['counts', 'equal']);
    assert.deepEqual(
      [different?.by, different?.state, different?.foundEntries],
      ['counts', 'different', (different?.expectedEntries ?? 0) - 1],
    );
  });

  test('proveReplica() compares the entries over LDAP with the export of the target, and lists what differs', async () => {
    const { request, run } = await takeSet('replica');
    const replica = { replica: server, serverName: 'ds-1', target: server, backend: 'userRoot', baseDns: [baseDn], run };
    const [equal] = await proveReplica(replica);
    await proveRestored(request);
    await rename(person(7), '+1 555 7');
    await client.del(person(8));

    const [different] = await proveReplica(replica);

    assert.deepEqual([equal?.server, equal?.by, equal?.state, equal?.foundDigest], ['ds-1', 'entries', 'equal', equal?.expectedDigest]);
    assert.deepEqual(told(different), ['different', 2, [`${person(8)} missing`, `${person(7)} different`]]);
  });

  test('proveReplica() tells apart what writers did since they were let in again', async () => {
    const { request, run } = await takeSet('let-in');
    await proveRestored(request);
    const writersSince = (await server.describe()).time;
    await rename(person(9), '+1 555 9');
    await client.del(person(10));

    const [proof] = await proveReplica({
      replica: server,
      serverName: 'ds-1',
      target: server,
      backend: 'userRoot',
      baseDns: [baseDn],
      run,
      writersSince,
    });

    assert.deepEqual([proof?.state, proof?.differences, proof?.changedMeanwhile], ['equal', 0, 2]);
  });
});
