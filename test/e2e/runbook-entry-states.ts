import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Attribute, Change, type Client } from 'ldapts';
import { PlainArchive } from '../../src/archive/plain/plain-archive.ts';
import type { ChangeRecord } from '../../src/domain/change-record.ts';
import { writeUndoFile } from '../../src/entries/apply/undo-file.ts';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { saveExportedSet } from '../harness/exported-set.ts';
import { FakeClock } from '../harness/fake-clock.ts';
import { startLdapGate } from '../harness/ldap-gate.ts';
import type { OpendjServer } from '../harness/opendj.ts';
import { place } from './runbook-server-states.ts';
import { type Environment, type Home, newPath, type RunbookState, succeed, writeSet } from './runbook-states.ts';

const moments = ['20261122100000Z', '20261123100000Z'];
const jane = 'uid=jdoe,ou=People,dc=example,dc=com';

/** States in which entries of an archive are looked at; without a directory server. */
export const lookStates: Readonly<Record<string, (ground: Home) => Promise<RunbookState>>> = {
  'unknown-entry': async (ground) => ({ env: { ...(await archiveWithJane(ground)), DN: jane }, fails: ['entry', 'show', jane] }),
  'output-there': async (ground) => {
    const [FILE, OTHER_FILE] = [newPath(ground, 'report'), newPath(ground, 'report')];
    await writeFile(FILE, 'of another day');
    const fails = ['entry', 'diff', 'latest~1', 'latest', '--format', 'report', '--output', FILE];
    return { env: { ...(await archiveWithJane(ground)), FILE, OTHER_FILE }, fails };
  },
  'wrong-filter': async (ground) => ({ env: await archiveWithJane(ground), fails: ['entry', 'find', '--where', '(&(uid=a)(cn=b)'] }),
  'wrong-dn': async (ground) => ({
    env: { ...(await archiveWithJane(ground)), DN: String.raw`cn=Doe\, John,ou=People,dc=example,dc=com` },
    fails: ['entry', 'show', 'cn=Doe, John,ou=People,dc=example,dc=com'],
  }),
  'no-export-of-entries': async (ground) => {
    const env = await archiveWithJane(ground, moments);
    await succeed(['archive', await writeSet(newPath(ground, 'set'))], env);
    return { env: { ...env, DN: jane }, fails: ['entry', 'show', jane] };
  },
};

const head = [
  'dn: dc=example,dc=com',
  'objectClass: domain',
  'dc: example',
  '',
  'dn: ou=People,dc=example,dc=com',
  'ou: People',
  '',
  '',
].join('\n');
const john = ['dn: cn=Doe\\, John,ou=People,dc=example,dc=com', 'objectClass: person', 'cn: Doe, John', 'sn: Doe', '', ''].join('\n');
const janesLines = [
  `dn: ${jane}`,
  'objectClass: inetOrgPerson',
  'uid: jdoe',
  'cn: Jane Doe',
  'sn: Doe',
  'mail: jdoe@example.com',
  '',
  '',
].join('\n');

/** Two snapshots of the layout `plain`; one entry is in those named, and without that in the older one alone. */
async function archiveWithJane(
  ground: Home,
  withJane: readonly string[] = moments.slice(0, 1),
): Promise<Environment & { readonly ROOTCELLAR_ARCHIVE: string }> {
  const folder = newPath(ground, 'entries');
  const clock = new FakeClock('2026-11-23T12:00:00Z');
  const archive = new PlainArchive(new LocalFolderStore({ folder, clock }), { clock, graceMilliseconds: 0 });
  await archive.create();
  for (const backupId of moments) {
    const ldif = head + john + (withJane.includes(backupId) ? janesLines : '');
    await saveExportedSet(archive, newPath(ground, 'set'), { backupId, ldif });
  }
  return { ROOTCELLAR_ARCHIVE: folder, ROOTCELLAR_LAYOUT: 'plain', ROOTCELLAR_SERVER_NAME: 'prod' };
}

/** States in which entries of a running server are changed; each takes two changes back, and leaves the server as it was. */
export const changeStates: Readonly<Record<string, (ground: Home, directory: OpendjServer) => Promise<RunbookState>>> = {
  conflict: async (ground, directory) => {
    const client = await directory.connect();
    const env = { ...(await place(ground, directory)), UNDO_FILE: newPath(ground, 'undo'), OTHER_FILE: newPath(ground, 'undo') };
    const [one = '', other = ''] = [10, 11].map((number) => `uid=user.${number},ou=People,${directory.baseDn}`);
    await succeed(['backup'], env);
    for (const dn of [one, other]) await change(client, dn, 'replace', ['by a script']);
    await succeed(['backup'], env);
    await change(client, one, 'replace', ['by hand']);
    const fails = ['entry', 'revert', '--between', 'latest~1', 'latest', '--on-conflict', 'stop', '--yes'];
    return { env, fails, end: () => client.unbind() };
  },
  'poor-account-of-entries': async (ground, directory) => {
    const changed = await changedEntries(ground, directory);
    const account = `uid=reader,${directory.baseDn}`;
    const password = newPath(ground, 'password');
    await writeFile(password, 'R3ads-and-no-more');
    const client = await directory.connect();
    await client.add(account, { objectClass: ['top', 'inetOrgPerson'], cn: 'R', sn: 'R', userPassword: 'R3ads-and-no-more' });
    const root = { ROOT_DN: directory.bindDn, ROOT_PASSWORD_FILE: directory.passwordFile, OTHER_FILE: newPath(ground, 'undo') };
    const poor = { ROOTCELLAR_SERVER_BIND_DN: account, ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: password };
    const end = async (): Promise<void> => {
      await client.del(account);
      await client.unbind();
      await changed.end();
    };
    return { env: { ...changed.env, ...root, ...poor }, fails: ['entry', 'undo', changed.file, '--yes'], end };
  },
  'undo-not-writable': async (ground, directory) => {
    const changed = await changedEntries(ground, directory);
    const UNDO_FILE = newPath(ground, 'undo');
    await writeFile(UNDO_FILE, 'of another day');
    const env = { ...changed.env, UNDO_FILE, OTHER_FILE: newPath(ground, 'undo') };
    return { env, fails: ['entry', 'undo', changed.file, '--undo-file', UNDO_FILE, '--yes'], end: changed.end };
  },
  'undo-cut-short': async (ground, directory) => {
    const changed = await changedEntries(ground, directory);
    const text = await readFile(changed.file);
    const file = newPath(ground, 'undo');
    await writeFile(file, text.subarray(0, text.length - 40));
    const env = { ...changed.env, WHOLE_FILE: changed.file, FOLDER: path.dirname(changed.file) };
    return { env, fails: ['entry', 'undo', file, '--yes'], end: changed.end };
  },
  'changes-cut-off': async (ground, directory) => {
    const changed = await changedEntries(ground, directory);
    const gate = await startLdapGate({ ldapPort: directory.ldapPort });
    // Taken back last, and so not in what is tried beforehand.
    const held = gate.holdRequest(/the first value/);
    const cut = held.arrived.then(() => {
      gate.cut();
      held.release();
    });
    const env = { ...changed.env, ROOTCELLAR_SERVER_URL: gate.url, ROOTCELLAR_SERVER_CA_FILE: gate.caFile };
    const end = async (): Promise<void> => {
      await cut;
      await gate[Symbol.asyncDispose]();
      await changed.end();
    };
    const fails = ['entry', 'undo', changed.file, '--undo-file', newPath(ground, 'undo'), '--yes'];
    return { env: { ...env, OTHER_FILE: newPath(ground, 'undo') }, fails, end };
  },
};

/** Two people got a description, one after the other; with the undo file of that. */
async function changedEntries(
  ground: Home,
  directory: OpendjServer,
): Promise<{ readonly env: Environment; readonly file: string; readonly end: () => Promise<void> }> {
  const folder = newPath(ground, 'undo-files');
  await mkdir(folder);
  const file = path.join(folder, 'undo.ldif');
  const people = ['the first value', 'the second value'].map((value, number) => ({
    dn: `uid=user.${number},ou=People,${directory.baseDn}`,
    value,
  }));
  const was = new Map<string, readonly string[]>();
  const client = await directory.connect();
  for (const { dn, value } of people) {
    const { searchEntries } = await client.search(dn, { scope: 'base', attributes: ['description'] });
    was.set(dn, [searchEntries[0]?.['description'] ?? []].flat().map(String));
    await change(client, dn, 'add', [value]);
  }
  const waves = people.map(({ dn, value }) => [
    { change: modification(dn, 'add', value), undo: modification(dn, 'delete', value), reason: 'as it was' },
  ]);
  await writeUndoFile(file, { waves }, { server: directory.ldapsUrl, time: new Date() });
  const end = async (): Promise<void> => {
    for (const [dn, values] of was) await change(client, dn, 'replace', values);
    await client.unbind();
  };
  return { env: { ...(await place(ground, directory)), FILE: file }, file, end };
}

async function change(client: Client, dn: string, operation: 'add' | 'replace', values: readonly string[]): Promise<void> {
  await client.modify(dn, new Change({ operation, modification: new Attribute({ type: 'description', values: [...values] }) }));
}

function modification(dn: string, op: 'add' | 'delete', value: string): ChangeRecord {
  return { kind: 'modify', dn, changes: [{ op, name: 'description', values: [Buffer.from(value)] }] };
}
