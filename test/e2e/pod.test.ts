import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { SavedSnapshot } from '../../src/archive/archive.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { type ClusterDouble, startClusterDouble } from '../harness/cluster-double/cluster-double.ts';
import { spawnRootcellar } from '../harness/rootcellar.ts';
import { assertSameEntries, changeDirectory, contentOf, entriesOf, type Operator, type Scene, setScene } from './main-job-scene.ts';

// No folder is shared with the server: a real OpenDJ writes below a folder that only programs "in its container" reach, and the program brings the files by exec.
// The API server is a double whose containers are this machine; test/lanes/kubernetes has the real one.
suite('a server in another pod', () => {
  let scene: Scene;
  let cluster: ClusterDouble;
  before(async () => void ([scene, cluster] = await Promise.all([setScene(300), startClusterDouble()])));
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    await scene[Symbol.asyncDispose]();
  });

  interface Place {
    readonly operator: Operator;
    /** In the container. */
    readonly there: string;
  }

  async function placeOf(name: string): Promise<Place> {
    cluster.behaviour.fault = () => undefined;
    cluster.behaviour.denied.clear();
    const operator = await scene.operator(name, undefined, {
      ROOTCELLAR_KUBERNETES_POD: 'ds-0',
      ROOTCELLAR_KUBERNETES_KUBECONFIG: cluster.kubeconfig,
      ROOTCELLAR_KUBERNETES_FOLDER: path.join(scene.directory.folder, name),
    });
    const there = path.join(scene.directory.folder, name);
    await mkdir(there);
    await operator.run(['init']);
    return { operator, there };
  }

  /** Files, and folders that would make the next run tell of rests. */
  async function restsOf({ operator, there }: Place): Promise<readonly string[]> {
    const [folder = ''] = await readdir(there);
    return [...(await readdir(path.join(there, folder))), ...(await contentOf(operator.staging)).keys()];
  }

  test('a backup and a restore, proven, leave nothing in the pod', async () => {
    const place = await placeOf('whole');
    const { operator } = place;
    const entries = await entriesOf(scene.directory);

    const backup = await operator.run(['backup']);
    assert.deepEqual(await restsOf(place), []);
    await changeDirectory(scene.directory);
    const before = cluster.commands.length;
    const restored = await operator.run(['restore', 'latest', '--yes']);

    assert.match(restored.stdout, /✓ .*: userRoot dc=example,dc=com: 303 entries, each as it should be/);
    assertSameEntries(await entriesOf(scene.directory), entries);
    assert.deepEqual(await restsOf(place), []);
    // The server checks it first and restores it then; it goes through once.
    const sent = cluster.commands.slice(before).filter(([program, ...words]) => program === 'tar' && words.includes('-xf'));
    assert.equal(sent.length, 1);
    assert.doesNotMatch(backup.stderr + restored.stderr, /warning/i);
    await operator.run(['verify', '--read-data']);
  });

  test('the newest state comes back by its export', async () => {
    const place = await placeOf('export');
    const entries = await entriesOf(scene.directory);
    await place.operator.run(['backup']);
    await changeDirectory(scene.directory);

    await place.operator.run(['restore', 'latest', '--from-export', '--yes']);

    assertSameEntries(await entriesOf(scene.directory), entries);
    assert.deepEqual(await restsOf(place), []);
  });

  test('a backup whose connection breaks goes on; one whose connections all break fails, with nothing left and no snapshot', async () => {
    const place = await placeOf('cut');
    let cuts = 0;
    cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' && (cuts += 1) <= 2 ? { kind: 'cut', bytes: 100_000 } : undefined);
    const backup = await place.operator.json<SavedSnapshot>(['backup']);
    assert.ok(cuts > 2);

    cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'cut', bytes: 1000 } : undefined);
    const failed = await place.operator.run(['backup'], 1);

    assert.match(failed.stderr, /Cannot bring the backup of "schema" out of the pod "ds-0": the connection into the pod "ds-0" broke off/);
    assert.deepEqual(await restsOf(place), []);
    const listed = await place.operator.json<{ id: string }[]>(['list']);
    assert.deepEqual(
      listed.map(({ id }) => id),
      [backup.id],
    );
  });

  test('what a killed run leaves in the pod goes with the next one', async () => {
    const place = await placeOf('killed');
    // Once the server has written its backup the transfer never ends.
    cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'freeze', bytes: 1000 } : undefined);
    const run = spawnRootcellar(['backup'], { env: { ...place.operator.environment } });
    await run.prints(/bring the backup of "schema"/);
    run.kill('SIGKILL');
    await run.ended;
    assert.notDeepEqual(await restsOf(place), []);
    cluster.behaviour.fault = () => undefined;

    // The lease of the dead one is known to be dead on this machine.
    const next = await place.operator.run(['backup']);

    assert.match(next.stdout + next.stderr, /removed from the pod "ds-0" what an earlier run left: ds-0/);
    assert.deepEqual(await restsOf(place), []);
  });

  test('an interrupted backup leaves nothing', async () => {
    const place = await placeOf('stopped');
    cluster.behaviour.fault = ({ command }) => (command[0] === 'tar' ? { kind: 'freeze', bytes: 1000 } : undefined);
    const run = spawnRootcellar(['backup'], { env: { ...place.operator.environment } });
    await run.prints(/bring the backup of "schema"/);
    run.kill('SIGTERM');

    assert.equal((await run.ended).exitCode, 130);
    assert.deepEqual(await restsOf(place), []);
  });

  test('doctor tells which right is missing, and how to give it', async () => {
    const { operator } = await placeOf('doctor');
    const findings = async (exit: number): Promise<ReadonlyMap<string, Finding>> => {
      const printed = await operator.json<{ findings: Finding[] }>(['doctor'], exit);
      return new Map(printed.findings.map((finding) => [finding.check, finding]));
    };
    const well = await findings(0);
    assert.deepEqual(
      ['rights', 'container', 'files', 'space'].map((name) => well.get(`pod: ${name}`)?.state),
      ['ok', 'ok', 'ok', 'ok'],
    );
    assert.equal(well.get('staging: seen from both sides')?.state, 'ok');

    cluster.behaviour.denied.add('get pods/exec');
    const rights = (await findings(1)).get('pod: rights');

    assert.equal(rights?.text, 'the account may not: get pods/exec');
    assert.equal(
      rights?.fix,
      'give it a Role in "directory" with {apiGroups: [""], resources: [pods], resourceNames: [ds-0], verbs: [get]} and ' +
        '{apiGroups: [""], resources: [pods/exec], resourceNames: [ds-0], verbs: [get, create]}',
    );
  });
});
