import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { newToken } from '../harness/agent-api.ts';
import { startAgents, stopAgents, type RunningAgent } from './agents-scene.ts';
import { type BadDays, assertNoSecretSeen, startBadDays } from './bad-days.ts';

/** The whole way back by an agent beside a real directory server, for those who have no access to its machine. */
suite('clients of an agent beside a server', { timeout: 1_200_000 }, () => {
  let days: BadDays;
  let agents: readonly RunningAgent[] = [];
  /** A client's whole environment, by its role. */
  let asOperator: Readonly<Record<string, string>>;
  let asRestorer: Readonly<Record<string, string>>;
  before(async () => {
    days = await startBadDays();
    const restorerFile = path.join(days.home, 'restorer-token');
    await writeFile(restorerFile, `${newToken()}\n`, { mode: 0o600 });
    const operator = await days.operator('clients');
    agents = await startAgents(days, operator, 1, {
      ROOTCELLAR_AGENT_SCHEDULE_BACKUP: 'none',
      ROOTCELLAR_AGENT_TOKENS_RESTORER_FILE: restorerFile,
    });
    const [agent] = agents;
    const ROOTCELLAR_AGENT = agent?.address ?? '';
    asOperator = { ROOTCELLAR_AGENT, ROOTCELLAR_AGENT_TOKEN_FILE: path.join(days.home, 'operator-token') };
    asRestorer = { ROOTCELLAR_AGENT, ROOTCELLAR_AGENT_TOKEN_FILE: restorerFile };
  });
  after(async () => {
    try {
      await stopAgents(agents);
      await assertNoSecretSeen(days);
    } finally {
      await days[Symbol.asyncDispose]();
    }
  });

  const client = (words: readonly string[], env: Readonly<Record<string, string>>) => days.secrets.run(words, { env });

  test('back it up, see the plan of a restore, and restore it, proven by every entry', async () => {
    const backup = await client(['trigger', 'backup', '--wait', '--timeout', '5m'], asOperator);
    assert.equal(backup.exitCode, 0, backup.stderr);
    assert.match(backup.stdout, /^✓ backup: success after /);

    const plan = await client(['restore', 'latest', '--plan'], asOperator);
    assert.equal(plan.exitCode, 0, plan.stderr);
    assert.match(plan.stdout, /Nothing was changed/);

    const unasked = await client(['restore', 'latest'], asRestorer);
    assert.equal(unasked.exitCode, 2);
    assert.match(unasked.stdout, /Nothing was changed/);
    assert.match(unasked.stderr, /Cannot restore latest at the agent ds-0 without a confirmation: there is no terminal to ask at/);

    const refused = await client(['restore', 'latest', '--yes'], asOperator);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /Cannot run "restore": it needs the role restorer, and who asks has the role operator/);

    const restored = await client(['restore', 'latest', '--yes'], asRestorer);
    assert.equal(restored.exitCode, 0, restored.stderr);
    assert.match(restored.stdout, /^Restored \w{12} of ds-0 into .+\n {2}✓ ds-0: userRoot .* each as it should be$/m);

    const shown = JSON.parse((await client(['list', '--json'], asOperator)).stdout) as { provenAt?: string }[];
    assert.equal(shown.length, 1);
    assert.ok(shown[0]?.provenAt !== undefined);
  });
});
