import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { smallVolume } from '../../harness/small-volume.ts';
import {
  alteredPack,
  assertRefused,
  assertReplicating,
  heldAt,
  replicaName,
  setTopologyScene,
  spoil,
  type TopologyOperator,
  type TopologyScene,
} from '../../e2e/topology-scene.ts';

suite('bad days of a topology', { timeout: 1_800_000 }, () => {
  let scene: TopologyScene;
  let operator: TopologyOperator;
  let names: readonly string[];
  let good: readonly string[];
  /** Of the good snapshot. */
  let restore: readonly string[];
  before(async () => {
    scene = await setTopologyScene(2);
    operator = await scene.operator('bad-days');
    names = scene.servers.map(replicaName);
    good = await scene.states();
    const { stdout } = await operator.run(['backup', '--json']);
    restore = ['restore', (JSON.parse(stdout) as { id: string }).id, '--topology', '--yes'];
    await spoil(scene.servers[1] ?? assert.fail());
    await scene.topology.waitUntilReplicated();
  });
  after(() => scene[Symbol.asyncDispose]());

  /** Every server has what it had, takes writes, and they replicate. */
  const assertAsBefore = async (states: readonly string[]): Promise<void> => {
    assert.deepEqual(await scene.states(), states);
    await assertReplicating(scene);
    assert.deepEqual(
      (await readdir(operator.staging)).filter((name) => name.startsWith('.')),
      [],
    );
  };

  test('a replica is down before', async () => {
    const states = await scene.states();
    const [, second] = scene.servers;
    await second?.stop();

    assertRefused(await operator.spawn(restore).ended, {
      exitCode: 1,
      says: `Cannot restore the topology: its replica ${names[1]} does not answer: `,
      hint: 'bring it up, or take it out of the topology (dsreplication disable), then run the restore again: one that comes back later would bring its old entries along',
    });

    await second?.restart();
    await assertAsBefore(states);
  });

  test('the snapshot is damaged in one pack', async () => {
    const states = await scene.states();
    await using _pack = await alteredPack(operator);

    const { exitCode, stderr } = await operator.spawn(restore).ended;

    assert.equal(exitCode, 20, stderr);
    await assertAsBefore(states);
  });

  test('the server refuses the restore task', async () => {
    const states = await scene.states();
    const running = operator.spawn(restore);
    await heldAt(running, operator, 'suspend');
    const file = await stagedBackup(operator);
    await writeFile(file, (await readFile(file)).subarray(0, 100_000));
    running.kill('SIGCONT');

    assertRefused(await running.ended, {
      exitCode: 1,
      says: 'Cannot restore backend "userRoot": the server says ',
      ends: `; it was rolled back: ${names[0]} has the entries of ${names[1]} again, replication goes on, and no other replica was changed`,
    });
    await assertAsBefore(states);
  });

  test('the server says that it restored, and has not what the snapshot has', async () => {
    const states = await scene.states();
    const spoilt = await operator.run(['backup', '--json']);
    const snapshot = JSON.parse(spoilt.stdout) as { id: string; backupId: string };
    const kept = path.join(operator.staging, 'kept');
    await operator.run(['fetch', snapshot.id, '--to', kept]);
    const running = operator.spawn(restore);
    await heldAt(running, operator, 'suspend');
    // The file of the other backup under the name of the wanted one: the server restores it, and says so.
    await copyFile(path.join(kept, 'userRoot', `backup-userRoot-${snapshot.backupId}`), await stagedBackup(operator));
    running.kill('SIGCONT');

    assertRefused(await running.ended, {
      exitCode: 20,
      says: 'Cannot prove the restore of userRoot: the server says that it succeeded, but ',
      ends: `; it was rolled back: ${names[0]} has the entries of ${names[1]} again, replication goes on, and no other replica was changed`,
    });
    await assertAsBefore(states);
  });

  test('the password of the archive is another', async () => {
    const states = await scene.states();
    const wrong = path.join(operator.staging, 'wrong-password');
    await writeFile(wrong, 'another password that opens nothing', { mode: 0o600 });

    const { exitCode, stderr } = await operator.spawn(restore, { ROOTCELLAR_PASSWORD_FILE: wrong }).ended;

    assert.equal(exitCode, 12, stderr);
    await assertAsBefore(states);
  });

  test('the disk is full', async () => {
    const states = await scene.states();
    await using volume = await smallVolume(200);

    const { exitCode, stderr } = await operator.spawn(restore, { ROOTCELLAR_STAGING_FOLDER: volume.path }).ended;

    assert.equal(exitCode, 1, stderr);
    assert.match(
      stderr,
      /Cannot restore by way of \S+: the set and what it is compared by need \S+ \S+, and \S+ \S+ are free\n {2}→ make room/,
    );
    await assertAsBefore(states);
  });

  test('two at once, and a backup meanwhile: all but the first are told who runs', async () => {
    const [, second] = scene.servers;
    assert.ok(second);
    const running = operator.spawn(restore);
    await heldAt(running, operator, 'suspend');
    const beside = { ROOTCELLAR_SERVER_URL: second.ldapsUrl, ROOTCELLAR_SERVER_NAME: 'ds-1', ROOTCELLAR_SERVER_HOME: second.folder };

    const again = await operator.spawn(restore).ended;
    const backup = await operator.spawn(['backup']).ended;
    const restoreBeside = await operator.spawn(restore, beside).ended;
    const backupBeside = await operator.spawn(['backup'], beside).ended;

    for (const { exitCode, stderr } of [again, restoreBeside, backupBeside]) {
      assert.equal(exitCode, 11, stderr);
      assert.match(stderr, /Cannot begin: process \d+ on \S+ is running a restore of server "(ds-0|topology-\w+)"/);
    }
    assertRefused(backup, { exitCode: 1, says: 'Cannot back up server "ds-0": a restore of ' });
    running.kill('SIGCONT');
    const { exitCode, stderr } = await running.ended;
    assert.equal(exitCode, 0, stderr);
    await assertAsBefore(good);
    await spoil(second);
    await scene.topology.waitUntilReplicated();
  });

  test('a replica goes down in the middle: what is proven stays, and another run goes on', async () => {
    const [, second] = scene.servers;
    const running = operator.spawn(restore);
    await heldAt(running, operator, 'prove');
    await second?.kill();
    running.kill('SIGCONT');

    assertRefused(await running.ended, {
      exitCode: 1,
      says: 'Cannot ',
      ends: `${names[0]} is restored and proven, ${names[1]} not yet, replication is suspended`,
    });

    await second?.restart();
    await operator.run(restore);
    await assertAsBefore(good);
    await spoil(second ?? assert.fail());
    await scene.topology.waitUntilReplicated();
  });

  test('the password of the administrator is changed in the middle: another run goes on', async () => {
    const [, second] = scene.servers;
    const adminPasswordFile = path.join(operator.staging, 'admin-password');
    await copyFile(scene.topology.adminPasswordFile, adminPasswordFile);
    const change = { ROOTCELLAR_REPLICATION_ADMIN_PASSWORD_FILE: adminPasswordFile };
    const running = operator.spawn(restore, change);
    await heldAt(running, operator, 'prove');
    await writeFile(adminPasswordFile, 'of-somebody-else');
    running.kill('SIGCONT');

    assertRefused(await running.ended, {
      exitCode: 1,
      says: 'Cannot initialize ',
      ends: `${names[0]} is restored and proven, ${names[1]} not yet, replication is suspended`,
    });

    await operator.run(restore);
    await assertAsBefore(good);
    await spoil(second ?? assert.fail());
    await scene.topology.waitUntilReplicated();
  });

  test('the store cannot be reached between suspend and resume: another run goes on', async () => {
    const [, second] = scene.servers;
    const running = operator.spawn(restore, { ROOTCELLAR_LEASE_DURATION: '6s', ROOTCELLAR_S3_ATTEMPTS: '2' });
    await heldAt(running, operator, 'restore userRoot');
    using cut = scene.cutStore();
    running.kill('SIGCONT');
    const { exitCode, stderr } = await running.ended;
    assert.ok(exitCode === 11 || exitCode === 1, `${exitCode}\n${stderr}`);
    assert.match(stderr, /replication (is|may be) suspended\n {2}→ run "rootcellar restore \d{14}Z --topology" again to go on/);
    cut.mend();

    await operator.run(restore);

    await assertAsBefore(good);
    await spoil(second ?? assert.fail());
    await scene.topology.waitUntilReplicated();
  });

  test('one replica has lost its entries while the other is well: initialised from it, nothing is lost', async () => {
    const [first] = scene.servers;
    const states = await scene.states();
    await first?.stop();
    await scene.loseEntries(0);
    await first?.restart();

    const { stdout } = await operator.run(['initialize', '--yes']);

    assert.match(stdout, new RegExp(`Initialised ${names[0]} from ${names[1]} in `));
    assert.match(stdout, new RegExp(`✓ ${names[0]}: userRoot dc=example,dc=com: \\d+ entries, each as it should be`));
    await assertAsBefore(states);
  });

  test('all replicas have lost their entries: the fresh servers get them from the snapshot', async () => {
    for (const server of scene.servers) await server.stop();
    for (const index of scene.servers.keys()) await scene.loseEntries(index);
    for (const server of scene.servers) await server.restart();

    await operator.run(restore);

    await assertAsBefore(good);
  });
});

async function stagedBackup({ staging }: TopologyOperator): Promise<string> {
  const names = await readdir(path.join(staging, 'ds-0'), { recursive: true });
  const name = names.find((one) => /^restore-\w+\/userRoot\/backup-userRoot-\w+$/.test(one));
  return path.join(staging, 'ds-0', name ?? assert.fail(`no staged backup among ${names.join(', ')}`));
}
