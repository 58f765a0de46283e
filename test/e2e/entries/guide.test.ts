import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { blocksOf } from '../../../src/cli/runbooks.ts';
import { rootcellarShell } from '../../harness/rootcellar-shell.ts';
import {
  deleteSubtree,
  differing,
  type EntriesScene,
  manglePeople,
  nothing,
  replaceValues,
  setByOpendj,
  setEntriesScene,
} from '../entries-scene.ts';
import type { Operator } from '../main-job-scene.ts';

const guide = path.join(import.meta.dirname, '../../../docs/guide/entries.md');

suite('docs/guide/entries.md', { timeout: 1_200_000 }, () => {
  test('its commands, in their order, bring back all that was harmed and nothing else, and take it back', async () => {
    await using scene = await setEntriesScene();
    const operator = await scene.operator('guide');
    const begin = await scene.entries(setByOpendj);
    const fixed = `uid=user.3,${scene.dns.people}`;
    await harm(scene, operator, fixed);

    await follow(operator, ['happened', 'one', 'group', 'branch', 'attributes', 'script']);
    assert.deepEqual(differing(begin, await scene.entries(setByOpendj)), nothing);
    await follow(operator, ['undo']);

    assert.deepEqual(differing(begin, await scene.entries(setByOpendj)), { ...nothing, changed: [fixed.toLowerCase()] });
    assert.equal((await stat(path.join(operator.folder, 'undone.undo.ldif'))).mode & 0o777, 0o600);
  });
});

/** A script mangles people, which a backup sees; one of them is put right by hand; then a group and a branch are deleted. */
async function harm(scene: EntriesScene, operator: Operator, fixed: string): Promise<void> {
  const { client, dns } = scene;
  await operator.run(['init']);
  await operator.run(['backup']);
  await manglePeople(scene, 20);
  await operator.run(['backup']);
  await replaceValues(client, fixed, 'sn', ['Put right by hand']);
  await client.del(dns.admins);
  await deleteSubtree(client, dns.germany);
}

/** As somebody types them at one shell. */
async function follow({ environment, folder }: Operator, steps: readonly string[]): Promise<void> {
  const blocks = blocksOf(await readFile(guide, 'utf8'));
  assert.deepEqual(
    blocks.filter(({ state }) => state === undefined),
    [],
    'a block that is not run',
  );
  for (const step of steps) {
    const ofStep = blocks.filter(({ state }) => state === step);
    assert.ok(ofStep.length > 0, step);
    for (const { lines, exitCode } of ofStep) {
      const script = lines.map((line, at) => (at === lines.length - 1 ? line : `${line} || exit 99`)).join('\n');
      const result = await rootcellarShell(script, { env: environment, cwd: folder });
      assert.equal(result.exitCode, exitCode, `${lines.join('\n')}\n${result.stdout.toString()}\n${result.stderr}`);
    }
  }
}
