import type { Agent } from '../agent/agent.ts';
import type { CommandRunner } from '../agent/command-runner.ts';
import type { KeptCommands } from '../agent/http/kept-commands.ts';
import type { Reporting } from '../agent/reporting/reporting.ts';
import type { Parts } from '../compose.ts';
import type { Config } from '../config/schema.ts';
import type { CommandContext } from './define-command.ts';
import { remoteGate } from './remote-gate.ts';

/** What stands around an agent while it works. */
export interface AgentServices {
  /** Sends what waits to be sent, lets clients' commands come to their end for a while, and closes. */
  stop(): Promise<void>;
}

export interface ServedAgent {
  readonly agent: Agent;
  readonly runner: CommandRunner;
  readonly config: Config;
  readonly parts: Parts;
  /** One run alone: it has no API. */
  readonly isOnce: boolean;
  /** Those of the process; undefined where it has no API. */
  readonly kept: KeptCommands | undefined;
}

/** A week: a changed configuration is no reason to interrupt a restore that somebody has an agent make. */
const patienceAtReload = 604_800_000;

/** Starts metrics, notifications and, where it is to have one, the API of an agent. */
export async function startAgentServices(served: ServedAgent, context: CommandContext): Promise<AgentServices> {
  const reporting = await reportOn(served, context);
  const { config, kept } = served;
  if (kept === undefined || config.agent.listen === 'none') return reporting;
  try {
    const api = await serve({ ...served, kept }, reporting, context);
    let drained: Promise<void> | undefined;
    // From the same moment as the agent's own runs: the pod has one grace period for all. Who follows a run hears of its end meanwhile.
    const drain = (): void => void (drained = api.drain(config.agent.stopGrace));
    context.signal?.addEventListener('abort', drain, { once: true });
    return {
      stop: async () => {
        await drained;
        await api.stop(drained === undefined ? patienceAtReload : 0);
        context.signal?.removeEventListener('abort', drain);
        await reporting.stop();
      },
    };
  } catch (error) {
    await reporting.stop();
    throw error;
  }
}

async function reportOn({ agent, config, parts, isOnce }: ServedAgent, context: CommandContext): Promise<Reporting> {
  const { startReporting } = await import('../agent/reporting/reporting.ts');
  return startReporting(agent, {
    settings: config,
    location: config.archive ?? '',
    version: context.programVersion,
    isOnce,
    clock: context.clock,
    random: context.random,
    log: parts.log,
    environment: context.process.environment,
    secret: parts.secret,
    keepSecret: parts.keepSecret,
    snapshots: async (signal) => {
      const archive = await parts.archive();
      await archive.open({ signal });
      return archive.list({}, { signal });
    },
  });
}

async function serve(
  { agent, runner, config, parts, kept }: ServedAgent & { readonly kept: KeptCommands },
  reporting: Reporting,
  { clock, random, programVersion }: CommandContext,
) {
  const { startAgentApi } = await import('../agent/http/agent-api.ts');
  const { openConsole } = await import('../console/console-pages.ts');
  const { log } = parts;
  const pages = config.agent.console.enabled ? await openConsole() : undefined;
  const api = await startAgentApi({
    view: agent,
    runner,
    gate: remoteGate,
    metrics: reporting,
    archive: reporting.knowledge,
    kept,
    config: config.agent,
    trail: (await parts.agentRecords()).trail,
    clock,
    random,
    log,
    programVersion,
    pages,
  });
  log.info({ address: api.address }, 'the agent listens');
  return api;
}
