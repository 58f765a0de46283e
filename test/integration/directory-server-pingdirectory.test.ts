import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Attribute, Change, Client } from 'ldapts';
import type { LdapDirectoryServer } from '../../src/directory-servers/ldap-directory-server.ts';
import type { ChangeOutcome } from '../../src/directory-servers/entry-changes.ts';
import { Failure, isFailure } from '../../src/foundation/failure.ts';
import { type PingDirectoryDouble, startPingDirectoryDouble } from '../harness/pingdirectory-double/pingdirectory-double.ts';
import { ldapServerAt } from '../harness/ldap-server.ts';

suite("LdapDirectoryServer before the vendor's own task parser", () => {
  let double: PingDirectoryDouble;
  let server: LdapDirectoryServer;
  before(async () => {
    double = await startPingDirectoryDouble();
    await writeFile(path.join(double.home, 'pin'), 'a pin');
    server = ldapServerAt(double, { home: double.home, encryptionPinFile: path.join(double.home, 'pin') });
  });
  after(async () => {
    await server.close();
    await double[Symbol.asyncDispose]();
  });

  const backUp = (backupId: string, more: object = {}) =>
    server.backUp({ backend: 'userRoot', folder: path.join(double.folder, backupId), backupId, compress: false, encrypt: false, ...more });
  const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
    const error: unknown = await work.then(
      () => new Error('it resolved'),
      (cause: unknown) => cause,
    );
    assert.ok(error instanceof Failure, String(error));
    return error;
  };

  test('describe() reads product, name, backends, sizes and a disabled backend', async () => {
    const description = await server.describe();

    assert.equal(description.product, 'PingDirectory');
    assert.equal(description.version, '10.3.0.0');
    assert.equal(description.instanceName, 'pingdirectory-0');
    assert.equal(description.hasEncryptionSettings, true);
    assert.deepEqual(description.replication, { state: 'none' });
    assert.deepEqual(
      description.backends.map(({ id, role, isEnabled, canBeBackedUp }) => [id, role, isEnabled, canBeBackedUp].join(' ')),
      [
        'archiveRoot user false true',
        'userRoot user true true',
        'config config true true',
        'encryption-settings encryption-settings true true',
        'monitor server true false',
        'schema schema true true',
      ],
    );
    const userRoot = description.backends.find(({ id }) => id === 'userRoot');
    assert.deepEqual(userRoot?.baseDns, [{ dn: 'dc=example,dc=com', entries: 2 }]);
    assert.equal(userRoot?.databaseBytes, 123_456);
  });

  test('health() reads alerts, lockdown mode, backlog and what runs by the names of the vendor', async () => {
    const outOfService = { backendsOutOfService: ['archiveRoot'] };
    const disabled = 'backend "archiveRoot" is disabled';
    const noLockdown = 'whether the server is in lockdown mode cannot be read';
    const first = await server.health();
    await using client = await connectTo(double);
    await client.add('cn=Status Health Summary,cn=monitor', { objectClass: 'ds-monitor-entry', 'is-in-lockdown-mode': 'false' });
    await client.add(replicaDn, {
      objectClass: 'ds-replica-monitor-entry',
      'base-dn': 'dc=example,dc=com',
      'connected-to': 'pingdirectory-0:8989',
      'replication-backlog': '21',
      'pending-updates': '7',
    });
    const second = await server.health();
    await client.replace('cn=Status Health Summary,cn=monitor', 'is-in-lockdown-mode', ['true']);
    await client.replace('cn=monitor', 'unavailable-alert-type', ['enter-lockdown-mode']);
    await client.replace('cn=monitor', 'degraded-alert-type', ['low-disk-space-warning', 'replication-backlogged']);
    await client.replace(replicaDn, 'replication-backlog', ['many']);
    await client.replace('cn=userRoot Backend,cn=monitor', 'ds-backend-writability-mode', ['internal-only']);
    const third = await server.health();
    await client.replace(replicaDn, 'connected-to', []);
    await client.del('cn=Scheduled Tasks,cn=tasks');
    const fourth = await server.health();
    await client.add('cn=Scheduled Tasks,cn=tasks', { objectClass: 'top', cn: 'Scheduled Tasks' });
    await client.replace('cn=userRoot Backend,cn=monitor', 'ds-backend-writability-mode', ['enabled']);
    await client.replace('cn=monitor', 'unavailable-alert-type', []);
    await client.replace('cn=monitor', 'degraded-alert-type', []);
    await client.del('cn=Status Health Summary,cn=monitor');
    await client.del(replicaDn);

    const quiet = { unavailableAlerts: [], degradedAlerts: [], runningTasks: 0, ...outOfService };
    assert.deepEqual(first, { ...quiet, backlog: 0, reasons: [noLockdown, disabled] });
    const behind = 'changes of other replicas that the server has still to apply: 21';
    assert.deepEqual(second, { ...quiet, isLockedDown: false, isConnected: true, backlog: 21, reasons: [disabled, behind] });
    const reasons = [
      'the server calls itself unavailable: enter-lockdown-mode',
      'the server calls itself degraded: low-disk-space-warning',
      'the server calls itself degraded: replication-backlogged',
      'the server is in lockdown mode',
      disabled,
      'backend "userRoot" is internal-only for writes',
    ];
    const bad = {
      unavailableAlerts: ['enter-lockdown-mode'],
      degradedAlerts: ['low-disk-space-warning', 'replication-backlogged'],
      isLockedDown: true,
      backendsOutOfService: ['archiveRoot', 'userRoot'],
      backlog: undefined,
    };
    const unread = 'how far the server is behind the other replicas cannot be read';
    assert.deepEqual(third, { ...bad, isConnected: true, runningTasks: 0, reasons: [...reasons, unread] });
    const cutOff = ['the server is cut off from replication', 'the tasks of the server cannot be read'];
    assert.deepEqual(fourth, { ...bad, isConnected: false, reasons: [...reasons, ...cutOff] });
  });

  test("applyChanges() keeps the server's own attributes of an added entry, and stored passwords, by the vendor's controls", async () => {
    const dn = 'uid=kept,ou=People,dc=example,dc=com';
    const entryUUID = '607c9aba-88e0-334c-8d91-302ae7804599';
    const named = (name: string, ...values: readonly string[]) => ({ name, values: values.map((value) => Buffer.from(value)) });
    const whole = [
      named('objectClass', 'person'),
      named('uid', 'kept'),
      named('cn', 'kept'),
      named('sn', 'kept'),
      named('entryUUID', entryUUID),
    ];
    const attributes = [...whole, named('createTimestamp', '20200102030405Z'), named('userPassword', '{SSHA}first')];
    const outcomes: ChangeOutcome[] = [];

    const abilities = await server.changeAbilities();
    const rehearsed = await server.rehearseChanges([{ kind: 'add', dn, attributes }]);
    assert.equal(await server.readEntry(dn), undefined);
    await server.applyChanges(
      [
        [{ kind: 'add', dn, attributes }],
        [{ kind: 'modify', dn, changes: [{ op: 'replace', ...named('userPassword', '{SSHA}second') }] }],
        [{ kind: 'modify', dn, changes: [{ op: 'replace', ...named('entryUUID', entryUUID) }] }],
        [{ kind: 'rename', dn, newRdn: 'uid=renamed', isOldRdnDeleted: true }],
      ],
      { onOutcome: (outcome) => outcomes.push(outcome) },
    );

    const [uuidBecause, ...others] = [
      abilities.serverAttributes.modify,
      abilities.serverAttributes.add,
      abilities.storedPasswords.add,
      abilities.storedPasswords.modify,
    ];
    assert.deepEqual(uuidBecause, { isKept: false, because: "PingDirectory's control for them is only for entries that are added" });
    assert.ok(others.every(({ isKept }) => isKept));
    assert.deepEqual(rehearsed, [{ state: 'applied' }]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.state === 'refused' ? [outcome.refusal.kind, outcome.refusal.attribute] : outcome.state)),
      ['applied', 'applied', ['schema', 'entryuuid'], 'applied'],
    );
    const entry = await server.readEntry('uid=renamed,ou=People,dc=example,dc=com');
    const values = new Map(entry?.names.map((name, index) => [name, entry.values[index]]));
    assert.deepEqual(
      [values.get('entryUUID'), values.get('createTimestamp'), values.get('userPassword')],
      [entryUUID, '20200102030405Z', '{SSHA}second'],
    );
    await server.applyChanges([[{ kind: 'delete', dn: 'uid=renamed,ou=People,dc=example,dc=com' }]]);
  });

  test('backUp() asks in words that the vendor knows, and not to encrypt', async () => {
    const outcome = await backUp('20261123000000Z', { maxMegabytesPerSecond: 10 });

    const folder = path.join(double.folder, '20261123000000Z');
    assert.deepEqual((await readdir(folder)).toSorted(), ['backup.info', 'userRoot-backup-20261123000000Z']);
    assert.match(await readFile(path.join(folder, 'backup.info'), 'utf8'), /^encrypted=false$/m);
    assert.match(outcome.log.at(-1) ?? '', /completed successfully/);
  });

  test("backUp() leaves encryption to the server's default when asked to", async () => {
    await backUp('default', { encrypt: 'server-default' });

    assert.match(await readFile(path.join(double.folder, 'default', 'backup.info'), 'utf8'), /^encrypted=true$/m);
  });

  test('importLdif() asks in words that the vendor knows', async () => {
    const ldifFile = path.join(double.folder, 'import.ldif');
    await server.exportLdif({ backend: 'userRoot', ldifFile });

    const { log } = await server.importLdif({ backend: 'userRoot', ldifFile });

    assert.match(log.at(-1) ?? '', /completed successfully/);
  });

  test('restore(), verify-only too, and exportLdif() ask in words that the vendor knows', async () => {
    await backUp('known');
    const folder = path.join(double.folder, 'known');
    const ldifFile = path.join(double.folder, 'all.ldif');

    await server.restore({ backend: 'userRoot', folder, backupId: 'known', verifyOnly: true });
    await server.restore({ backend: 'userRoot', folder, backupId: 'known' });
    await server.exportLdif({ backend: 'userRoot', ldifFile, maxMegabytesPerSecond: 3 });

    assert.match(await readFile(ldifFile, 'utf8'), /^dn: ou=People,dc=example,dc=com$/m);
  });

  for (const state of ['completed_with_errors', 'stopped_by_error', 'stopped_by_shutdown', 'stopped_by_administrator', 'severe_success']) {
    test(`backUp() takes ${state} for a failure`, async () => {
      const failure = await failureOf(backUp(`scenario-${state}`));

      assert.equal(failure.code, 'E_TASK_FAILED');
      assert.equal(failure.message, 'Cannot back up backend "userRoot": the server says "The backend could not be locked"');
    });
  }

  test('backUp() never takes a vanished task for a success', async () => {
    const failure = await failureOf(backUp('scenario-vanish'));

    assert.equal(failure.code, 'E_TASK_LOST');
    assert.equal(failure.message, 'Cannot back up backend "userRoot": the server has no trace of the task any more, so its end is unknown');
  });

  test('backUp() of a vanished task asks the caller for the proof', async () => {
    const asked: boolean[] = [];
    const confirmLost = (answer: boolean) => (): Promise<boolean> => Promise.resolve((asked.push(answer), answer));

    await backUp('a-scenario-vanish', { confirmLost: confirmLost(true) });
    const failure = await failureOf(backUp('b-scenario-vanish_midway', { confirmLost: confirmLost(false) }));

    assert.equal(failure.code, 'E_TASK_LOST');
    assert.deepEqual(asked, [true, false]);
  });

  test('backUp() stops the task on the server when aborted', async () => {
    const controller = new AbortController();
    const folder = path.join(double.folder, 'hang');
    const request = { backend: 'userRoot', folder, backupId: 'scenario-hang', compress: false, encrypt: false } as const;
    const work = server.backUp(request, {
      signal: controller.signal,
      report: (event) => {
        if (event.kind === 'note' && /started execution/.test(event.text)) controller.abort();
      },
    });

    const failure = await failureOf(work);

    assert.equal(failure.code, 'E_INTERRUPTED');
    assert.equal(failure.message, 'The attempt to back up backend "userRoot" was interrupted');
    assert.deepEqual(await server.cancelAbandonedTasks(), []);
  });

  test('backUp() names an unknown and a disabled backend apart', async () => {
    assert.equal((await failureOf(backUp('nope', { backend: 'nope' }))).code, 'E_BACKEND_MISSING');
    const disabled = await failureOf(backUp('disabled', { backend: 'archiveRoot' }));
    assert.equal(disabled.code, 'E_BACKEND_DISABLED');
    assert.equal(disabled.message, 'Cannot back up backend "archiveRoot": the server has it, but it is disabled');
  });

  test('exportEncryptionSettings() and its counterpart run the tool with a pin file', async () => {
    const file = path.join(double.folder, 'settings');

    await server.exportEncryptionSettings(file);
    await server.importEncryptionSettings(file);

    assert.match(await readFile(file, 'utf8'), /^sealed with 5 bytes/);
  });

  test('proveEncryptionSettings() opens the export again, and tells the definitions that are in it', async () => {
    const file = path.join(double.folder, 'proven-settings');
    await server.exportEncryptionSettings(file);

    const keys = await server.proveEncryptionSettings(file);

    assert.deepEqual(keys, {
      isKnown: true,
      keys: [
        { id: '4D86C7922F71BB57B8B5695D2993059A26B8FC01', alternateId: '3D21C37492A2AE8D28BBB7A39A238987005AA4DC', isPreferred: false },
        { id: 'F635E109A8549651025D01D9A6A90F7C9017C66D', alternateId: '7AF6A51673D0BC10915B23370448C1592905E8E2', isPreferred: true },
      ],
    });
    assert.deepEqual(await server.listEncryptionKeys(), keys);
  });

  test('proveEncryptionSettings() refuses an export that the pin does not open', async () => {
    const file = path.join(double.folder, 'foreign-settings');
    await writeFile(file, 'sealed with 9 bytes of pin 1\nAA BB true\n');

    const failure = await failureOf(server.proveEncryptionSettings(file));

    assert.equal(failure.code, 'E_TOOL_FAILED');
    assert.equal(
      failure.message,
      'Cannot open the export of the encryption settings again: bin/encryption-settings ended with exit code 1 and says "The provided PIN is not the one that the file was exported with"',
    );
  });

  test('proveEncryptionSettings() refuses an export that holds what the server has not', async () => {
    const file = path.join(double.folder, 'more-settings');
    await server.exportEncryptionSettings(file);
    await writeFile(file, `${await readFile(file, 'utf8')}0000AAAA 0000BBBB true\n`);

    const failure = await failureOf(server.proveEncryptionSettings(file));

    assert.equal(failure.code, 'E_ENCRYPTION_SETTINGS');
    assert.equal(
      failure.message,
      'Cannot rely on the export of the encryption settings: the server has other definitions since it read its own export again',
    );
  });

  test('isPinOf() knows the pin by its seal, which does not hold it', async () => {
    const seal = await server.sealPin();

    assert.equal(await server.isPinOf(seal), true);
    assert.equal(await server.isPinOf({ ...seal, salt: '0'.repeat(32) }), false);
    assert.doesNotMatch(JSON.stringify(seal), /a pin/);
  });

  test('backupDescriptor() reads all bytes of what the server says, and nothing where it refuses', async () => {
    const descriptor = Buffer.from((await server.backupDescriptor('dc=example,dc=com')) ?? '', 'base64');

    assert.deepEqual(descriptor.subarray(0, 256), Buffer.from(Array.from({ length: 256 }, (_, value) => value)));
    assert.equal(descriptor.subarray(256).toString(), 'dc=example,dc=com');
    assert.equal(await server.backupDescriptor('dc=elsewhere'), undefined);
  });

  test('backupProblems() tells errors and warnings of the server apart', async () => {
    const own = (await server.backupDescriptor('dc=example,dc=com')) ?? '';
    const problems = (source: string) => server.backupProblems({ baseDn: 'dc=example,dc=com', source });

    assert.deepEqual(await problems(own), { errors: [], warnings: [] });
    assert.deepEqual(await problems(Buffer.from('an other').toString('base64')), {
      errors: [],
      warnings: ['The backup is from a newer version.'],
    });
    assert.deepEqual(await problems(Buffer.alloc(70_000, 1).toString('base64')), {
      errors: ['The backup has an index that the target has not.'],
      warnings: [],
    });
    assert.equal(await server.backupProblems({ baseDn: 'dc=elsewhere', source: own }), undefined);
  });

  test('importEncryptionSettings() shows the words of the tool when it fails', async () => {
    const file = path.join(double.folder, 'no-settings');
    await writeFile(file, 'rubbish\n');

    const failure = await failureOf(server.importEncryptionSettings(file));

    assert.equal(
      failure.message,
      'Cannot import the encryption settings: bin/encryption-settings ended with exit code 1 and says "The input file is no export of encryption settings"',
    );
    assert.ok(isFailure(failure, 'E_TOOL_FAILED'));
  });
});

const replicaDn = 'cn=Replica dc_example_dc_com,cn=monitor';

/** Writes what the double shows in its monitor. */
async function connectTo({ ldapsUrl, caFile, bindDn, password }: PingDirectoryDouble) {
  const client = new Client({ url: ldapsUrl, tlsOptions: { ca: await readFile(caFile, 'utf8') } });
  await client.bind(bindDn, password);
  return {
    add: (dn: string, attributes: Readonly<Record<string, string>>) => client.add(dn, { ...attributes }),
    del: (dn: string) => client.del(dn),
    replace: (dn: string, type: string, values: readonly string[]) =>
      client.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type, values: [...values] }) })),
    [Symbol.asyncDispose]: () => client.unbind(),
  };
}
