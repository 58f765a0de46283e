import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newToken, serveAgent, type ServedAgent } from '../../../../test/harness/agent-api.ts';
import { realClock } from '../../../../test/harness/real-clock.ts';
import { HeldRunner } from '../../../../test/harness/held-runner.ts';
import { auditInMemory } from '../../../../test/harness/audit-in-memory.ts';
import { KeptCommands } from '../kept-commands.ts';
import type { AuditEntry } from '../../../domain/audit-entry.ts';

async function audit(agent: ServedAgent, query = ''): Promise<readonly AuditEntry[]> {
  const answer = await agent.ask(`/api/v1/audit${query}`, { role: 'operator' });
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { entries: readonly AuditEntry[] }).entries;
}

/** The oldest first: who, what, how it ended. */
async function lines(agent: ServedAgent): Promise<readonly string[]> {
  const told = (await audit(agent)).map(({ who, action, outcome }) => `${who.name} ${action} ${outcome}`);
  return told.toReversed();
}

async function readAll(answer: Response): Promise<void> {
  await answer.text();
}

describe('GET /api/v1/audit', () => {
  test('is for operators', async () => {
    await using agent = await serveAgent();
    assert.equal((await agent.ask('/api/v1/audit', { role: 'viewer' })).status, 403);
    assert.equal((await agent.ask('/api/v1/audit')).status, 401);
    for (const query of ['?limit=0', '?limit=1001', '?limit=x', '?befor=x']) {
      assert.equal((await agent.ask(`/api/v1/audit${query}`, { role: 'operator' })).status, 400, query);
    }
  });

  test('has commands with their words and their end, but not what only looks', async () => {
    await using agent = await serveAgent();
    const command = (words: readonly string[], role: 'viewer' | 'restorer', more: object = {}): Promise<Response> =>
      agent.ask('/api/v1/commands', { role, body: { words, ...more } });
    await readAll(await command(['list', '--json'], 'viewer'));
    await readAll(await command(['entry', 'find', '--from', 'latest', '--where', '(userPassword=s3cret)'], 'restorer'));
    await readAll(await command(['verify'], 'restorer', { isKept: true }));
    await readAll(await agent.ask('/api/v1/status', { role: 'viewer' }));
    await readAll(await agent.ask('/api/v1/snapshots', { role: 'viewer' }));

    const [kept, found, ...others] = await audit(agent);
    assert.deepEqual(others, []);
    assert.equal(kept?.action, 'verify');
    assert.deepEqual(found?.who, { name: 'restorer', role: 'restorer', via: 'token' });
    assert.equal(found.from, '127.0.0.1');
    assert.deepEqual(found.words?.toSorted(), ['--from=latest', '--where=(userPassword=***)', 'entry', 'find']);
    assert.deepEqual([found.outcome, found.detail], ['allowed', 'exit code 0']);
  });

  test('has the end of a kept command, also when another configuration came meanwhile', async () => {
    const clock = realClock;
    const runner = new HeldRunner();
    const trail = auditInMemory(clock);
    const kept = new KeptCommands({
      clock,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    await using before = await serveAgent({ clock, runner, trail, kept });
    for (const words of [['verify'], ['backup']]) {
      assert.equal((await before.ask('/api/v1/commands', { role: 'operator', body: { words, isKept: true } })).status, 202);
    }
    runner.runs[0]?.end({ exitCode: 130 });
    while ((await audit(before)).every(({ outcome }) => outcome === 'begun')) await new Promise((resolve) => setImmediate(resolve));
    // Kept commands are the process's, and go on.
    await before.api.stop(0);
    await using after = await serveAgent({ clock, trail, kept });
    runner.runs[1]?.end({ exitCode: 20 });
    while ((await audit(after)).some(({ outcome }) => outcome === 'begun')) await new Promise((resolve) => setImmediate(resolve));

    assert.deepEqual(
      (await audit(after)).map(({ action, outcome, detail }) => [action, outcome, detail]),
      [
        ['backup', 'failed', 'exit code 20'],
        ['verify', 'canceled', 'exit code 130'],
      ],
    );
  });

  test('has runs and what is canceled, with their IDs', async () => {
    await using agent = await serveAgent();
    const run = (await (await agent.ask('/api/v1/runs', { role: 'operator', body: { job: 'backup' } })).json()) as { id: string };
    await readAll(await agent.ask(`/api/v1/runs/${run.id}/cancel`, { role: 'operator', method: 'POST' }));
    await readAll(await agent.ask('/api/v1/runs/x/cancel', { role: 'operator', method: 'POST' }));

    assert.deepEqual(
      (await audit(agent)).map(({ action, target, outcome }) => [action, target, outcome]),
      [
        ['cancel', 'x', 'failed'],
        ['cancel', run.id, 'allowed'],
        ['run backup', run.id, 'allowed'],
      ],
    );
  });

  test('has who signed in and out, and who was refused, but no token and no cookie', async () => {
    await using agent = await serveAgent();
    const wrong = newToken();
    const signedIn = await agent.ask('/api/v1/session', { body: { token: agent.tokens.viewer } });
    const { csrfToken } = (await signedIn.json()) as { csrfToken: string };
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const page = { cookie, 'sec-fetch-site': 'same-origin', 'x-rootcellar-csrf': csrfToken };
    await readAll(await agent.ask('/api/v1/runs', { body: { job: 'backup' }, headers: page }));
    await readAll(await agent.ask('/api/v1/commands', { body: { words: ['restore', 'latest', '--yes'] }, headers: page }));
    await readAll(await agent.ask('/api/v1/commands', { body: { words: ['list'] }, headers: { cookie } }));
    await readAll(await agent.ask('/api/v1/session', { method: 'DELETE', headers: page }));
    await readAll(await agent.ask('/api/v1/session', { body: { token: wrong } }));
    await readAll(await agent.ask('/api/v1/status', { headers: { authorization: `Bearer ${wrong}` } }));
    await readAll(await agent.ask('/api/v1/nothing', { headers: { authorization: `Bearer ${wrong}` } }));
    // Who merely comes is no news.
    await readAll(await agent.ask('/api/v1/status'));

    assert.deepEqual(await lines(agent), [
      'viewer sign in allowed',
      'viewer POST /api/v1/runs refused',
      'viewer restore refused',
      'viewer POST /api/v1/commands refused',
      'viewer sign out allowed',
      'nobody sign in refused',
      'nobody GET /api/v1/status refused',
      'nobody GET /api/v1/nothing refused',
    ]);
    const all = JSON.stringify([await audit(agent), agent.log]);
    for (const secret of [wrong, agent.tokens.viewer, csrfToken, cookie.slice(20)]) assert.ok(!all.includes(secret));
  });
});
