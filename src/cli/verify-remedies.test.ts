import assert from 'node:assert/strict';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { runInProcess, type Ended } from '../../test/harness/run-in-process.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';

interface Scene extends AsyncDisposable {
  readonly archive: string;
  run(...words: readonly string[]): Promise<Ended>;
}

/** An archive with one snapshot of a folder. */
async function archiveOfOne(): Promise<Scene> {
  const home = await temporaryFolder('remedies');
  const [archive, set] = ['archive', 'set'].map((name) => path.join(home.path, name)) as [string, string];
  await mkdir(set);
  await writeFile(path.join(set, 'data'), 'x'.repeat(5000));
  const run = (...words: readonly string[]) =>
    runInProcess([...words, '--quiet', '--archive', archive, '--server-name', 'prod', '--cache-folder', path.join(home.path, 'cache')]);
  assert.equal((await run('init')).exitCode, 0);
  assert.equal((await run('archive', set)).exitCode, 0);
  return { archive, run, [Symbol.asyncDispose]: () => home.remove() };
}

test('verify names the repair of the index where what snapshots lack may lie in packs that no index lists', async () => {
  await using scene = await archiveOfOne();
  await rm(path.join(scene.archive, 'index'), { recursive: true });

  const { exitCode, output } = await scene.run('verify');

  assert.equal(exitCode, 20);
  assert.match(output, /^ {2}· data\/\w\w\/\w{12} is listed by no index, and may hold what snapshots lack$/m);
  assert.match(output, /\nTo put it right, in this order: rootcellar repair index\n$/);
  assert.doesNotMatch(output, /prune/);
  assert.equal((await scene.run('repair', 'index', '--yes')).exitCode, 0);
  assert.match((await scene.run('verify', '--read-data')).output, /^Whole: 1 snapshot; every byte was read\.\n$/);
});

test('verify says what to do where content is lost', async () => {
  await using scene = await archiveOfOne();
  const packs = (await readdir(path.join(scene.archive, 'data'), { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  const sized = await Promise.all(
    packs.map(async ({ parentPath, name }) => ({
      place: path.join(parentPath, name),
      size: (await stat(path.join(parentPath, name))).size,
    })),
  );
  const [largest] = sized.toSorted((a, b) => b.size - a.size);
  await rm(largest?.place ?? assert.fail('there is no pack'));
  const again = 'a new backup stores again where the server still has it; then "rootcellar repair snapshots" saves the rest.\n';

  const missing = await scene.run('verify');
  const repaired = await scene.run('repair', 'index', '--yes');
  const lost = await scene.run('verify');

  assert.deepEqual([missing.exitCode, repaired.exitCode, lost.exitCode], [20, 0, 20]);
  assert.match(missing.output, /^ {2}✗ data\/\w\w\/\w{12} is missing, and an index lists it; 1 snapshot suffers: \w{12}$/m);
  assert.ok(missing.output.endsWith(`To put it right, in this order: rootcellar repair index\nWhat that does not bring back, ${again}`));
  assert.ok(lost.output.endsWith(`What is lost, ${again}`), lost.output);
});
