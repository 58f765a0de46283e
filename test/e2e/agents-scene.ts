import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunRecord } from '../../src/domain/run-record.ts';
import { freePort } from '../harness/free-port.ts';
import type { RunningRootcellar } from '../harness/rootcellar.ts';
import type { BadDays, Operator } from './bad-days.ts';

const token = 'a-token-of-the-tests-0123456789';

/** One agent as a process of its own, with a server name and a staging folder of its own. */
export interface RunningAgent {
  readonly name: string;
  /** Of its API. */
  readonly address: string;
  readonly running: RunningRootcellar;
  /** Its API's answer; rejects unless it is 200. */
  get<Answer>(route: string): Promise<Answer>;
  /** The HTTP status of an answer; undefined while nobody listens. */
  status(route: string): Promise<number | undefined>;
}

/** Starts `count` agents of one group on the operator's archive, and waits until each listens. */
export async function startAgents(
  { home, secrets }: BadDays,
  operator: Operator,
  count: number,
  change: Readonly<Record<string, string>> = {},
): Promise<readonly RunningAgent[]> {
  const tokenFile = path.join(home, 'operator-token');
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  const agents: RunningAgent[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `ds-${index}`;
    const staging = path.join(operator.staging, name);
    await mkdir(staging, { recursive: true });
    const port = await freePort();
    const env = {
      ...operator.environment,
      ROOTCELLAR_STAGING_FOLDER: staging,
      ROOTCELLAR_SERVER_NAME: name,
      ROOTCELLAR_AGENT_NAME: name,
      ROOTCELLAR_AGENT_LISTEN: `127.0.0.1:${port}`,
      ROOTCELLAR_AGENT_TOKENS_OPERATOR_FILE: tokenFile,
      ROOTCELLAR_AGENT_SCHEDULE_VERIFY: 'none',
      ROOTCELLAR_AGENT_SCHEDULE_PRUNE: 'none',
      ROOTCELLAR_AGENT_JITTER: '1s',
      ROOTCELLAR_AGENT_BIDDING: '1s',
      ROOTCELLAR_AGENT_LEASE: '6s',
      ROOTCELLAR_LOG_LEVEL: 'info',
      ...change,
    };
    agents.push(agentAt(name, port, secrets.spawn(['agent'], { env })));
  }
  for (const agent of agents)
    await until(
      async () => (await agent.status('/healthz')) === 200,
      () => agent.running.stderr(),
    );
  return agents;
}

function agentAt(name: string, port: number, running: RunningRootcellar): RunningAgent {
  const ask = (route: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${route}`, { headers: { authorization: `Bearer ${token}` } });
  return {
    name,
    address: `http://127.0.0.1:${port}`,
    running,
    get: async <Answer>(route: string) => {
      const response = await ask(route);
      if (response.status !== 200) throw new Error(`${route} of ${name} answers ${response.status}: ${await response.text()}`);
      return (await response.json()) as Answer;
    },
    status: (route) =>
      ask(route).then(
        async (response) => {
          await response.text();
          return response.status;
        },
        () => undefined,
      ),
  };
}

/** The runs that an agent knows of the group, the oldest first. */
export async function runsOf(agent: RunningAgent): Promise<readonly RunRecord[]> {
  const { runs } = await agent.get<{ readonly runs: readonly RunRecord[] }>('/api/v1/runs');
  return runs.toReversed();
}

/** Asks until it is so, for two minutes. An agent that takes up another configuration does not answer for a moment: that is not so yet. */
export async function until(isSo: () => Promise<boolean>, tell: () => string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await isSo().catch(unanswered))) {
    if (Date.now() > deadline) throw new Error(`it did not come to that:\n${tell()}`);
    await delay(100);
  }
}

/** Ends what still runs of them when the test has failed. */
export function killAgents(agents: readonly RunningAgent[]): void {
  for (const { running } of agents) running.kill('SIGKILL');
}

/** Ends agents as an orchestrator does. */
export async function stopAgents(agents: readonly RunningAgent[]): Promise<void> {
  for (const { running } of agents) running.kill('SIGTERM');
  for (const { running } of agents) {
    running.kill('SIGCONT');
    await running.ended;
  }
}

/** False for what `fetch` throws where no answer came; rethrows all else. */
function unanswered(error: unknown): false {
  if (error instanceof TypeError && error.message === 'fetch failed') return false;
  throw error;
}
