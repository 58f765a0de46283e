import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { startCluster } from '../../harness/kubernetes/cluster.ts';
import { clusterVariable } from '../../harness/kubernetes/state-folder.ts';

const script = `
  import { startCluster } from ${JSON.stringify(path.join(import.meta.dirname, '../../harness/kubernetes/cluster.ts'))};
  const cluster = await startCluster({ extent: 'control-plane' });
  process.stdout.write(cluster.folder);
  setInterval(() => {}, 60_000);
`;

/** What there is of a cluster: its processes, its network, its cgroups, its files. */
async function traces(folder: string): Promise<readonly string[]> {
  const name = path.basename(folder);
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
  const own = pids.filter((_, index) => environments[index]?.includes(`${clusterVariable}=${folder}\0`) === true);
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').filter((line) => line.includes(name));
  return [...own.map((pid) => `process ${pid}`), ...mounts, ...[folder, `/run/netns/${name}`].filter((place) => existsSync(place))];
}

test('startCluster() removes what a cluster left whose owner was killed, and leaves one alone whose owner lives', async () => {
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [folder] = (await once(owner.stdout.setEncoding('utf8'), 'data')) as [string];
  await using beside = await startCluster({ extent: 'control-plane' });
  assert.equal(await beside.kubectl(['get', 'namespace', 'default', '--output', 'name']), 'namespace/default\n');
  assert.ok((await traces(folder)).length >= 6, 'it lives beside another');
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  assert.ok((await traces(folder)).length >= 6, 'nobody has removed it yet');

  await using next = await startCluster({ extent: 'control-plane' });

  assert.deepEqual(await traces(folder), []);
  assert.equal(await beside.kubectl(['get', '--raw', '/readyz']), 'ok');
  await next.stop();
  assert.deepEqual(await traces(next.folder), []);
});

test('startCluster() ends with its process, which did not stop it', async () => {
  const ending = script.replace('setInterval(() => {}, 60_000);', 'process.exit();');
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', ending], { stdio: ['ignore', 'pipe', 'inherit'] });
  let folder = '';
  owner.stdout.setEncoding('utf8').on('data', (piece: string) => (folder += piece));
  await once(owner, 'close');

  for (const deadline = Date.now() + 30_000; (await traces(folder)).length > 0;)
    assert.ok(Date.now() < deadline, (await traces(folder)).join('\n'));
});

test('kubectl() and apply() reject with the words of the API server', async () => {
  await using cluster = await startCluster({ extent: 'control-plane' });

  await assert.rejects(cluster.kubectl(['get', 'pod', 'nobody']), /kubectl get pod nobody ended with 1:\n.*pods "nobody" not found/);
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'wrong' }, spec: {} };
  await assert.rejects(cluster.apply([job]), /ValidationError\(Job\.spec\): missing required field "template"/);
});
