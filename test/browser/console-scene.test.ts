import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { startConsoleScene, type ConsoleScene } from '../harness/console-scene.ts';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';

suite('the scene of the console', { timeout: 1_200_000 }, () => {
  let scene: ConsoleScene;
  before(async () => {
    const begin = performance.now();
    scene = await startConsoleScene();
    console.log(`# the scene stands after ${Math.round(performance.now() - begin)} ms`);
  });
  after(() => scene[Symbol.asyncDispose]());

  test('has four snapshots of a week, the oldest first, and the runs that made them', async () => {
    assert.equal(scene.snapshots.length, 4);
    const snapshots = await scene.ask<{ id: string; time: string; server: string; state: string }[]>('/api/v1/snapshots');
    assert.deepEqual(
      snapshots.map(({ id }) => id),
      scene.snapshots.toReversed(),
    );
    const days = snapshots.map(({ time }) => Math.round((Date.now() - Date.parse(time)) / 86_400_000));
    assert.deepEqual(days, [0, 2, 4, 6]);
    assert.ok(snapshots.every(({ server, state }) => server === 'ds-0' && state === 'complete'));
    const { runs } = await scene.ask<{ runs: { job: string; outcome: string; failure?: { code: string } }[] }>('/api/v1/runs');
    assert.deepEqual(
      runs.map(({ job, outcome, failure }) => [job, outcome, failure?.code]),
      [
        ['backup', 'success', undefined],
        ['backup', 'failure', 'E_SERVER_UNREACHABLE'],
        ['verify', 'success', undefined],
        ['backup', 'success', undefined],
        ['backup', 'success', undefined],
        ['backup', 'success', undefined],
      ],
    );
  });

  test('has a directory that is not what its snapshots are', async () => {
    const [oldest = '', , , newest = ''] = scene.snapshots;
    const { stdout } = await scene.run('entry', 'diff', oldest, newest, '--format', 'report');
    for (const dn of [scene.dns.deleted, scene.dns.renamed.to, scene.dns.admins, scene.dns.changed])
      assert.ok(stdout.includes(dn), `${dn}\n${stdout}`);
    const live = await scene.run('entry', 'diff', newest, 'now', '--format', 'report');
    assert.ok(live.stdout.includes(scene.dns.changedSince), live.stdout);
  });

  test('shows the console, which an agent serves that was stopped, killed and started again', async () => {
    await using browser = await startBrowser();
    for (const end of [undefined, () => scene.stopAgent(), () => scene.killAgent()]) {
      await end?.();
      if (end !== undefined) await scene.startAgent();
      await browser.page.goto(scene.url);
      await browser.page.getByRole('heading', { level: 1 }).first().waitFor();
    }
    await assertAccessible(browser.page);
    await onPhone(browser.page);
  });

  for (const role of ['viewer', 'operator', 'restorer'] as const) {
    test(`signs a visitor in as ${role}`, async () => {
      await using browser = await startBrowser();
      await scene.openSignedIn(browser.page, role);
      const session = await browser.page.evaluate('fetch("/api/v1/session").then((response) => response.json())');
      const { isSignedIn, role: given, via } = session as { isSignedIn: boolean; role: string; via: string };
      assert.deepEqual([isSignedIn, given, via], [true, role, 'session']);
      assert.equal((await browser.page.context().cookies())[0]?.httpOnly, true);
    });
  }
});
