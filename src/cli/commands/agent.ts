import type { Fitness } from '../../agent/agent-parts.ts';
import type { KeptCommands } from '../../agent/http/kept-commands.ts';
import type { OpenedAgent } from '../../agent/run-agent.ts';
import type { LoadedConfig } from '../../config/load-config.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import { jobs, type Job, type RunRecord } from '../../domain/run-record.ts';
import { rankOf } from '../../domain/server-health.ts';
import { formatDuration } from '../../foundation/durations.ts';
import { exitCodes, interrupted, messageOf, wrongUsage, type ExitCode } from '../../foundation/failure.ts';
import { defineCommand, type CommandContext } from '../define-command.ts';

export const agentCommand = defineCommand({
  name: 'agent',
  summary: 'Run the schedules, beside each server, until it is stopped',
  description:
    'Makes backups, verifies, rehearses restores and prunes by the schedules of the configuration (agent.schedule). Run one beside each replica: those of one ' +
    'agent.group share the work, and each run is made by the healthiest of them. When one dies in the middle of a run another goes on within seconds.\n\n' +
    'It answers on agent.listen, reads its configuration anew when that changes or at a SIGHUP, and ends at a SIGTERM once the run under way has come to its end, or was ' +
    'undone after agent.stopGrace. With --once it makes one run with all that belongs to it (retries, history, metrics, notifications) and ends as that ended: for a cron job.',
  options: {
    once: {
      type: 'text',
      placeholder: 'JOB',
      summary: 'make this one run and end: backup, verify, drill, forget or prune',
      completes: jobs,
    },
  },
  examples: [
    { line: 'rootcellar agent', summary: 'follow the schedules of the configuration' },
    { line: 'rootcellar agent --once backup', summary: 'one backup, tried again where that may help' },
  ],
  exits: ['partial', 'archiveMissing', 'wrongKey', 'busy', 'verificationFailed', 'interrupted'],
  run: async ({ once }, context): Promise<RunRecord | undefined> => {
    const signal = context.signal ?? new AbortController().signal;
    if (once !== undefined) {
      const opened = await openAgent(await context.loadConfig(), undefined, context);
      try {
        return await opened.agent.once(jobOf(once), signal);
      } finally {
        await opened.close();
      }
    }
    const [{ runAgent }, { KeptCommands }] = await Promise.all([
      import('../../agent/run-agent.ts'),
      import('../../agent/http/kept-commands.ts'),
    ]);
    const { log } = await context.parts();
    const { clock, readConfig } = context;
    const kept = new KeptCommands({ clock, log });
    try {
      await runAgent({
        clock,
        log,
        signal,
        readConfig,
        onHangUp: context.process.onHangUp,
        open: (config) => openAgent(config, kept, context),
      });
    } finally {
      // They have had their grace where there was an API to the end.
      await kept.stop(0);
    }
    return undefined;
  },
  render: (record, { look }) => {
    if (record === undefined) return 'The agent has ended.';
    const { job, outcome, attempt, beganAt, endedAt, failure } = record;
    const how = `${job}${snapshotOf(record)}: ${outcome} in ${formatDuration(Date.parse(endedAt) - Date.parse(beganAt))}${attempt > 1 ? `, at attempt ${attempt}` : ''}`;
    if (failure === undefined) return outcome === 'success' ? look.green(how) : look.yellow(how);
    return [look.red(how), failure.message, ...(failure.hint === undefined ? [] : [`  ${look.dim('→')} ${failure.hint}`])].join('\n');
  },
  json: (record) => record,
  exitCodeOf: (record) => (record === undefined ? exitCodes.success : exitCodeOfRun(record)),
});

/** `kept`: the commands of this process that go on without their clients; without them it is to make one run alone. */
async function openAgent(loaded: LoadedConfig, kept: KeptCommands | undefined, context: CommandContext): Promise<OpenedAgent> {
  const { config } = loaded;
  const [{ Agent }, { agentSettingsOf }, { ChildRunner }, { startAgentServices }] = await Promise.all([
    import('../../agent/agent.ts'),
    import('../../agent/settings-of.ts'),
    import('../../agent/child-runner.ts'),
    import('../agent-services.ts'),
  ]);
  const parts = await context.compose(config);
  try {
    const settings = agentSettingsOf(config, parts.hostName);
    const { programFile, environment } = context.process;
    const runner = new ChildRunner({
      program: programFile,
      environment: { ...environment, ...environmentOf(loaded) },
      patience: config.lock.wait === undefined ? { ROOTCELLAR_LOCK_WAIT: '1h' } : {},
    });
    const { clock, random } = context;
    const assessed = (signal: AbortSignal) => assess(loaded, context, signal);
    const agent = new Agent(settings, { clock, random, ...(await parts.agentRecords()), runner, assess: assessed, log: parts.log });
    const services = await startAgentServices({ agent, runner, config, parts, isOnce: kept === undefined, kept }, context);
    return {
      agent,
      close: async () => {
        await services.stop();
        await parts.close();
      },
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

/** What flags said, and which file it was: a run has the configuration of its agent. */
function environmentOf({ effective, file }: LoadedConfig): Readonly<Record<string, string>> {
  const flags = effective.filter(({ source }) => source.kind === 'flag');
  const variables = flags.map(({ setting, value }) => [setting.variable, Array.isArray(value) ? value.join(',') : String(value)]);
  return { ...Object.fromEntries(variables), ...(file === undefined ? {} : { ROOTCELLAR_CONFIG: file }) };
}

/** Asked over a connection of its own: one that is kept for hours may be dead. */
async function assess({ config }: LoadedConfig, context: CommandContext, signal: AbortSignal): Promise<Fitness> {
  if (config.server.url === undefined && config.server.home === undefined) return { rank: [], reasons: [] };
  const parts = await context.compose(config);
  try {
    const health = await (await parts.server()).health({ signal });
    return { rank: rankOf(health), reasons: health.reasons };
  } catch (error) {
    signal.throwIfAborted();
    return { rank: rankOf(undefined), reasons: [messageOf(error)], isSilent: true };
  } finally {
    await parts.close();
  }
}

/** Of a backup: which snapshot it made. */
function snapshotOf({ job, result }: RunRecord): string {
  const made = job === 'backup' ? (result as { readonly id?: unknown } | undefined)?.id : undefined;
  return typeof made === 'string' ? ` as snapshot ${shortId(made)}` : '';
}

function jobOf(word: string): Job {
  const job = jobs.find((name) => name === word);
  if (job === undefined) throw wrongUsage(`Cannot run "${word}" once: it is no job`, `name one of ${jobs.join(', ')}`);
  return job;
}

function exitCodeOfRun({ outcome, exitCode }: RunRecord): ExitCode {
  if (outcome === 'canceled') return interrupted('The run').exitCode;
  // A child of the same program ends with its codes; what was killed has none.
  return (exitCode as ExitCode | undefined) ?? exitCodes.failure;
}
