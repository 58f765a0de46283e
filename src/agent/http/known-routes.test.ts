import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serveAgent } from '../../../test/harness/agent-api.ts';
import { EchoRunner } from '../../../test/harness/example-agent.ts';
import { exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import { exampleSnapshot } from '../../../test/harness/example-snapshot.ts';
import { HeldRunner } from '../../../test/harness/held-runner.ts';
import { commandEvents } from '../../../test/harness/stream-events.ts';
import { Failure } from '../../foundation/failure.ts';

const first = exampleSnapshot({ time: '2026-11-22T10:46:46.000Z' });
const second = exampleSnapshot({ server: 'second' });

describe('GET /api/v1/snapshots', () => {
  test('begins no process, tells when the archive was read, and passes on what it does not know', async () => {
    const runner = new EchoRunner();
    const pinned = { at: '2026-11-23T10:00:00.000Z', by: 'anna', reason: 'before the upgrade' };
    await using served = await serveAgent({ runner, snapshots: async () => [{ ...second, pinned }, first] });
    served.facts.learn([exampleRunRecord({ result: { id: first.id, newBytes: 7, entries: 3 } })]);

    const answer = await served.ask('/api/v1/snapshots', { role: 'viewer' });

    assert.deepEqual(await answer.json(), [
      { ...second, pinned },
      { ...first, newBytes: 7, entries: 3 },
    ]);
    assert.ok(Date.parse(answer.headers.get('x-rootcellar-read-at') ?? '') > Date.parse('2026-01-01'));
    assert.deepEqual(runner.asked, []);
    const ofOne = await served.ask('/api/v1/snapshots?server=prod', { role: 'viewer' });
    assert.deepEqual(
      ((await ofOne.json()) as { id: string }[]).map(({ id }) => id),
      [first.id],
    );
  });

  test('is compressed for who takes that, as a long list is large', async () => {
    const many = Array.from({ length: 500 }, () => first);
    await using served = await serveAgent({ runner: new HeldRunner(), snapshots: async () => many });
    const ask = (coding: string) => served.ask('/api/v1/snapshots', { role: 'viewer', headers: { 'accept-encoding': coding } });

    for (const [asked, coding] of [
      ['br, gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const answer = await ask(asked);
      assert.equal(answer.headers.get('content-encoding'), coding);
      assert.equal(answer.headers.get('vary'), 'accept-encoding');
      assert.deepEqual(await answer.json(), many);
    }
  });

  test('answers 304 to who has the same already, also after it was read again, and anew when something changed', async () => {
    let held = [first];
    const runner = new HeldRunner();
    await using served = await serveAgent({ runner, snapshots: async () => held.map((one) => ({ ...one })) });
    const ask = (tag?: string) =>
      served.ask('/api/v1/snapshots', { role: 'viewer', ...(tag === undefined ? {} : { headers: { 'if-none-match': tag } }) });
    const tag = (await ask()).headers.get('etag') ?? '';
    assert.match(tag, /^W\/"[\w-]{43}"$/);

    const again = await ask(`"other", ${tag}`);
    assert.deepEqual([again.status, await again.text(), again.headers.get('etag')], [304, '', tag]);
    const run = async (words: readonly string[]): Promise<void> => {
      const answer = await served.ask('/api/v1/commands', { role: 'restorer', body: { words } });
      runner.runs.at(-1)?.end();
      await Array.fromAsync(commandEvents(answer));
    };
    // A command that changes the archive has it read again before the next answer.
    await run(['forget', '--keep-last', '1', '--yes']);
    assert.equal((await ask(tag)).status, 304);
    held = [];
    await run(['forget', '--keep-last', '1', '--yes']);
    const changed = await ask(tag);
    assert.deepEqual([changed.status, await changed.json()], [200, []]);
    held = [first];
    await run(['list']);
    assert.deepEqual(await (await ask()).json(), []);
  });

  test('answers with the failure of an archive that was never read', async () => {
    const snapshots = () => Promise.reject(new Failure('E_ARCHIVE_MISSING', 'Cannot open s3://x: there is none', { exitCode: 10 }));
    await using served = await serveAgent({ snapshots });

    const answer = await served.ask('/api/v1/snapshots', { role: 'viewer' });

    assert.equal(answer.status, 503);
    assert.deepEqual(await answer.json(), { code: 'E_ARCHIVE_MISSING', message: 'Cannot open s3://x: there is none', exitCode: 10 });
    const overview = (await (await served.ask('/api/v1/overview', { role: 'viewer' })).json()) as { state: string; headline: string };
    assert.deepEqual([overview.state, overview.headline], ['unknown', 'Not known: the archive cannot be read']);
  });
});

describe('GET /api/v1/overview', () => {
  test('hears of what a kept command told and changed', async () => {
    const runner = new HeldRunner();
    let held = [second];
    await using served = await serveAgent({ runner, snapshots: async () => held });
    const overview = async () =>
      (await (await served.ask('/api/v1/overview', { role: 'viewer' })).json()) as { growth: { snapshot: string; newBytes?: number }[] };
    await served.ask('/api/v1/snapshots', { role: 'viewer' });
    assert.deepEqual(
      (await overview()).growth.map(({ newBytes }) => newBytes),
      [undefined],
    );

    const begun = await served.ask('/api/v1/commands', { role: 'operator', body: { words: ['backup'], isKept: true } });
    const { id } = (await begun.json()) as { id: string };
    held = [second, first];
    runner.runs[0]?.end({ result: { id: first.id, newBytes: 7, entries: 3 } });
    await (await served.ask(`/api/v1/commands/${id}/events`, { role: 'operator' })).text();
    await served.ask('/api/v1/snapshots', { role: 'viewer' });

    const { growth } = await overview();
    assert.deepEqual(
      growth.map(({ snapshot, newBytes }) => [snapshot, newBytes]),
      [
        [first.id, 7],
        [second.id, undefined],
      ],
    );
  });
});
