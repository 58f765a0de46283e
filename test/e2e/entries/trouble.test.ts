import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Attribute, Change } from 'ldapts';
import { startLdapGate } from '../../harness/ldap-gate.ts';
import { deleteSubtree, differing, type EntriesScene, manglePeople, nothing, setEntriesScene } from '../entries-scene.ts';
import type { Operator } from '../main-job-scene.ts';

// What may go wrong while entries are brought back. Each test leaves the directory as the snapshot of its own archive has it.
suite('trouble while entries are brought back', () => {
  let scene: EntriesScene;
  before(async () => {
    scene = await setEntriesScene();
  });
  after(async () => scene[Symbol.asyncDispose]());

  async function operatorWithBackup(name: string): Promise<Operator> {
    const operator = await scene.operator(name);
    await operator.run(['init']);
    await operator.run(['backup']);
    return operator;
  }

  test('a schema that no longer knows an attribute refuses the old entry: the attribute is named, and the others come back', async () => {
    const { client, dns } = scene;
    const attributeType = "( 1.3.6.1.4.1.99999.1 NAME 'badgeColour' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )";
    const objectClass = "( 1.3.6.1.4.1.99999.2 NAME 'badgeHolder' SUP top AUXILIARY MUST badgeColour )";
    const changeSchema = (operation: 'add' | 'delete', type: string, value: string) =>
      client.modify('cn=schema', new Change({ operation, modification: new Attribute({ type, values: [value] }) }));
    const [coloured, plain] = [`cn=coloured,${dns.germany}`, `cn=plain,${dns.germany}`];
    await changeSchema('add', 'attributeTypes', attributeType);
    await changeSchema('add', 'objectClasses', objectClass);
    await client.add(coloured, { objectClass: ['top', 'person', 'badgeHolder'], cn: 'coloured', sn: 'x', badgeColour: 'blue' });
    await client.add(plain, { objectClass: ['top', 'person'], cn: 'plain', sn: 'x' });
    const operator = await operatorWithBackup('schema');
    for (const dn of [coloured, plain]) await client.del(dn);
    await changeSchema('delete', 'objectClasses', objectClass);
    await changeSchema('delete', 'attributeTypes', attributeType);

    const { stdout, stderr } = await operator.run(['entry', 'restore', coloured, plain, '--from', 'latest', '--yes'], 3);

    assert.match(`${stdout}${stderr}`, /Refused: add cn=coloured,ou=Germany.*unknown objectclass badgeHolder/i);
    await client.search(plain, { scope: 'base' });
    await changeSchema('add', 'attributeTypes', attributeType);
    await changeSchema('add', 'objectClasses', objectClass);
    await operator.run(['entry', 'restore', coloured, plain, '--from', 'latest', '--yes']);
    await client.search(coloured, { scope: 'base', filter: '(badgeColour=blue)' });
    for (const dn of [coloured, plain]) await client.del(dn);
  });

  test('an account that may not write is told so before anything is tried, and nothing has changed', async () => {
    const { client, dns, directory } = scene;
    const operator = await operatorWithBackup('rights');
    const reader = `uid=user.1,${dns.people}`;
    const passwordFile = path.join(operator.folder, 'reader-password');
    await writeFile(passwordFile, 'password', { mode: 0o600 });
    await client.del(dns.admins);
    const harmed = await scene.entries();

    const { stdout, stderr, exitCode } = await operator.run(['entry', 'restore', dns.admins, '--from', 'latest', '--yes'], 1, {
      ROOTCELLAR_SERVER_BIND_DN: reader,
      ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: passwordFile,
    });

    assert.equal(exitCode, 1);
    assert.match(`${stdout}${stderr}`, /privilege|rights|insufficient/i);
    assert.doesNotMatch(`${stdout}${stderr}`, new RegExp(directory.password));
    assert.deepEqual(differing(harmed, await scene.entries()), nothing);
    await operator.run(['entry', 'restore', dns.admins, '--from', 'latest', '--yes']);
  });

  test('a connection that is lost in the middle: the same command goes on, and undo takes back what was done', async () => {
    const { client, dns, directory } = scene;
    const operator = await operatorWithBackup('lost');
    const good = await scene.entries();
    const gone = await deleteSubtree(client, dns.regions);
    await manglePeople(scene, 200);
    const harmed = await scene.entries();
    await using gate = await startLdapGate({ ldapPort: directory.ldapPort });
    const throughGate = { ROOTCELLAR_SERVER_URL: gate.url, ROOTCELLAR_SERVER_CA_FILE: gate.caFile };
    const words = ['entry', 'restore', dns.regions, dns.people, '--subtree', '--from', 'latest', '--yes'];
    // The request that puts back the last person but some; those before it were sent already.
    const held = gate.holdRequest(/uid=user\.150,ou=People,dc=example,dc=com0/);

    const running = operator.run(words, 3, throughGate);
    await held.arrived;
    gate.cut();
    const { stderr } = await running;

    const half = await scene.entries();
    assert.notDeepEqual(differing(harmed, half), nothing, 'some of it was done');
    assert.notDeepEqual(differing(good, half), nothing, 'and some not');
    const [undoFile, ...others] = (await readdir(operator.folder)).filter((name) => name.startsWith('rootcellar-undo-'));
    assert.deepEqual(others, []);
    assert.match(stderr, /rootcellar entry undo/);
    await operator.run(['entry', 'undo', undoFile ?? '', '--yes']);
    assert.deepEqual(differing(harmed, await scene.entries()), nothing, 'it was taken back');

    const again = gate.holdRequest(/uid=user\.100,ou=People,dc=example,dc=com0/);
    const second = operator.run(words, 3, throughGate);
    await again.arrived;
    gate.cut();
    await second;
    await operator.run(words);

    assert.deepEqual(differing(good, await scene.entries()), nothing, `${gone.length} entries and 200 people are back`);
  });

  test('an undo file that is none is refused', async () => {
    const operator = await operatorWithBackup('undo');
    const file = path.join(operator.folder, 'mine.ldif');
    await writeFile(file, 'dn: dc=example,dc=com\nchangetype: delete\n');

    const { stderr } = await operator.run(['entry', 'undo', file, '--yes'], 20);

    assert.match(stderr, /Cannot use the undo file .*mine\.ldif: line 1: it does not begin as one\n {2}→ name a whole file/);
  });
});
