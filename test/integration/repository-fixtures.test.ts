import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { LocalFolderStore } from '../../src/object-stores/local-folder-store.ts';
import { makeSet } from '../harness/example-set.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { resticAt } from '../harness/restic.ts';
import { runProgram } from '../harness/run-program.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { realClock as clock } from '../harness/real-clock.ts';

for (const name of ['restic-0.14-v1', 'restic-0.14-v2']) {
  test(`what ${name} holds is listed, verified and read, added to, forgotten and pruned`, async () => {
    await using home = await temporaryFolder('fixture');
    const fixture = path.resolve(import.meta.dirname, '../fixtures/repositories', `${name}.tar.gz`);
    await runProgram('tar', ['-C', home.path, '-xzf', fixture]);
    const archive = repositoryArchive(new LocalFolderStore({ folder: home.path, clock }), { clock });
    const restic = await resticAt({ repository: home.path, password: 'test' });

    const [old] = await archive.list();

    assert.ok(old);
    assert.deepEqual([old.server, old.time, old.state], ['prod', '2026-11-23T11:00:00.000Z', 'complete']);
    assert.deepEqual(await archive.verify(old, true), []);
    const { files } = await archive.manifest(old);
    const database = files.find((file) => file.path === 'src/userRoot/backup-userRoot-x');
    assert.ok(database);
    const content = Buffer.concat(await Array.fromAsync(archive.read(old, database)));
    const expected = 'fa0bee9cbe2ad22a1abd861a7f0f309c4a8ee2e0c021d95634cc325daa71a55e';
    assert.equal(createHash('sha256').update(content).digest('hex'), expected);

    const staged = path.join(home.path, '..', `${path.basename(home.path)}-staged`);
    await using _staged = { [Symbol.asyncDispose]: () => runProgram('rm', ['-rf', staged]).then(() => undefined) };
    await archive.save(staged, await makeSet(staged, '20261123120000Z', { 'userRoot/backup.info': 'new'.repeat(5000) }));
    await restic('check', '--read-data');
    await archive.forget([old]);
    for (let phase = 0; phase < 2; phase += 1) await archive.prune(await archive.planPrune());
    await restic('check', '--read-data');
    assert.equal((await archive.list()).length, 1);
  });
}
