import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { agentArchive } from '../harness/agent-archive.ts';
import { newToken } from '../harness/agent-api.ts';
import { freePort } from '../harness/free-port.ts';
import { runRootcellar, spawnRootcellar, type RunningRootcellar } from '../harness/rootcellar.ts';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';
import { startSilentServer } from '../harness/silent-server.ts';

/** Nothing runs by itself. */
const noSchedules = Object.fromEntries(
  ['BACKUP', 'VERIFY', 'DRILL', 'FORGET', 'PRUNE'].map((job) => [`ROOTCELLAR_AGENT_SCHEDULE_${job}`, 'none']),
);

let folder: TemporaryFolder;
let agent: RunningRootcellar;
/** What the agent has, and what a client beside it has too. */
let beside: Readonly<Record<string, string>>;
/** What a client elsewhere has. */
let elsewhere: Readonly<Record<string, string>>;

async function startAgent(own: Readonly<Record<string, string>> = {}) {
  const port = await freePort();
  const tokens = `${folder.path}/tokens-${port}`;
  await writeFile(tokens, `# of the operators\n${newToken()}\n`);
  const environment = {
    ...(await archiveEnvironment),
    ...noSchedules,
    ROOTCELLAR_AGENT_NAME: 'ds-0',
    ROOTCELLAR_AGENT_LISTEN: `127.0.0.1:${port}`,
    ROOTCELLAR_AGENT_TOKENS_OPERATOR_FILE: tokens,
    ROOTCELLAR_AGENT_STOP_GRACE: '1s',
    ROOTCELLAR_LOG_LEVEL: 'info',
    ...own,
  };
  const running = spawnRootcellar(['agent'], { env: environment });
  await running.prints(/the agent listens/);
  return { running, environment, client: { ROOTCELLAR_AGENT: `http://127.0.0.1:${port}`, ROOTCELLAR_AGENT_TOKEN_FILE: tokens } };
}

let archiveEnvironment: Promise<Readonly<Record<string, string>>>;
before(async () => {
  folder = await temporaryFolder('agent-process');
  archiveEnvironment = agentArchive(folder.path).then(({ environment }) => environment);
  const started = await startAgent();
  ({ running: agent, environment: beside, client: elsewhere } = started);
});
after(async () => {
  agent.kill('SIGTERM');
  const { exitCode, stderr } = await agent.ended;
  await folder.remove();
  assert.equal(exitCode, 0, stderr);
});

describe('a client of a real agent', () => {
  test('gets from --agent what the command gives here, byte by byte, and its exit code', async () => {
    for (const words of [['list'], ['list', '--json'], ['show', 'ffff']]) {
      const here = await runRootcellar(words, { env: { ...(await archiveEnvironment) } });
      const there = await runRootcellar(words, { env: elsewhere });

      assert.equal(there.exitCode, here.exitCode, there.stderr);
      // Ages differ by the second between the two.
      const withoutAge = (text: string): string => text.replaceAll(/\d+ (d|h|min|s)\b/g, '');
      assert.equal(withoutAge(there.stdout), withoutAge(here.stdout));
      if (here.exitCode !== 0) assert.equal(there.stderr, here.stderr);
    }
  });

  test('follows a run that it triggers to its end, and finds it in the history', async () => {
    const triggered = await runRootcellar(['trigger', 'verify', '--wait', '--', '--read-data'], { env: beside });

    assert.equal(triggered.exitCode, 0, triggered.stderr);
    const [, id = ''] = /^✓ verify: success after .*, by ds-0 \(run (\S+)\)\.\n$/.exec(triggered.stdout) ?? [];
    assert.match(triggered.stderr, /^✓ /m, 'its progress is shown');
    const [last] = JSON.parse((await runRootcellar(['runs', '--json'], { env: elsewhere })).stdout) as {
      id: string;
      by: string;
      words: string[];
    }[];
    assert.deepEqual([last?.id, last?.by, last?.words.includes('--read-data')], [id, 'operator', true]);
  });

  test('ends with the exit code of a run that failed, and with its words', async () => {
    // There is no directory server.
    const { exitCode, stderr } = await runRootcellar(['trigger', 'backup', '--wait', '--json'], { env: elsewhere });

    const told = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { code: string; exitCode: number };
    assert.deepEqual([exitCode, told.exitCode, told.code], [2, 2, 'E_USAGE']);
  });

  test('has what was done by it written down in the archive, also what it was stopped with', async () => {
    const own = await startAgent({ ROOTCELLAR_AGENT_GROUP: 'audited' });
    await runRootcellar(['trigger', 'verify', '--wait'], { env: own.client });
    await runRootcellar(['list'], { env: own.client });
    await runRootcellar(['restore', 'latest', '--yes'], { env: own.client });
    await runRootcellar(['prune', '--yes'], { env: own.client });
    own.running.kill('SIGTERM');
    assert.equal((await own.running.ended).exitCode, 0);

    const { stdout } = await runRootcellar(['audit', '--json'], {
      env: { ...(await archiveEnvironment), ROOTCELLAR_AGENT_GROUP: 'audited' },
    });

    const entries = JSON.parse(stdout) as { action: string; outcome: string; from: string; words?: string[]; who: { role: string } }[];
    assert.deepEqual(
      entries.map(({ action, outcome, from, who }) => [action, outcome, from, who.role]),
      [
        ['prune', 'allowed', '127.0.0.1', 'operator'],
        ['restore', 'refused', '127.0.0.1', 'operator'],
        ['run verify', 'allowed', '127.0.0.1', 'operator'],
      ],
    );
    assert.deepEqual(entries[0]?.words, ['prune', '--yes']);
  });

  test('is told what an operator may not do', async () => {
    const { exitCode, stderr } = await runRootcellar(['cat', 'latest', 'data'], { env: elsewhere });

    assert.equal(exitCode, 1);
    assert.match(stderr, /^rootcellar: Cannot run "cat": it needs the role restorer, and who asks has the role operator\n/);
  });
});

describe('a signal', () => {
  test('SIGINT at the client cancels the command at the agent, which says so, and ends with 130', async () => {
    await using never = await startSilentServer();
    const slow = await startAgent(hangingAt(never.port));
    const client = spawnRootcellar(['list'], { env: slow.client });
    await slow.running.prints(/command begun for a client/);
    client.kill('SIGINT');

    const { exitCode, stderr } = await client.ended;
    assert.equal(exitCode, 130, stderr);
    assert.match(stderr, /interrupted/);
    slow.running.kill('SIGTERM');
    assert.equal((await slow.running.ended).exitCode, 0);
  });

  test('SIGKILL of the client stops its command, and SIGTERM of the agent leaves none', async () => {
    await using never = await startSilentServer();
    const slow = await startAgent(hangingAt(never.port));
    const client = spawnRootcellar(['list'], { env: slow.client });
    await slow.running.prints(/command begun for a client/);
    client.kill('SIGKILL');

    await slow.running.prints(/command ended/);
    slow.running.kill('SIGTERM');
    assert.equal((await slow.running.ended).exitCode, 0);
  });
});

function hangingAt(port: number): Record<string, string> {
  return {
    ROOTCELLAR_ARCHIVE: 's3://nowhere/x',
    ROOTCELLAR_S3_ENDPOINT: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'y',
    AWS_REGION: 'us-east-1',
  };
}
