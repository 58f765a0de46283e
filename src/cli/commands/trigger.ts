import type { AgentClient } from '../../agent/client/agent-client.ts';
import { jobs, type Job, type RunRecord } from '../../domain/run-record.ts';
import { formatDuration } from '../../foundation/durations.ts';
import { exitCodes, Failure, interrupted, isFailure, knownExitCode, wrongUsage, type ExitCode } from '../../foundation/failure.ts';
import { defineCommand, type CommandContext } from '../define-command.ts';
import { printable } from '../look.ts';

export const triggerCommand = defineCommand({
  name: 'trigger',
  summary: 'Ask an agent to run a job now',
  description:
    'Puts a run into the queue of the agent that --agent names, or of the one beside which this runs: then address, certificate and token are taken from the ' +
    "settings by which that agent serves. It prints the run's ID, and ends. Words for the job's command stand after --.\n\n" +
    'With --wait it shows the progress of the run and ends as the run does, with its exit code: 130 where it was canceled, 11 where it was passed over. No ' +
    'terminal is needed. Ctrl-C ends the waiting, and the run goes on; with --cancel-on-interrupt it is canceled.',
  arguments: {
    job: { summary: jobs.join(', '), isRequired: true, completes: jobs },
    words: { summary: "words for the job's command, after --", isVariadic: true, completes: 'none' },
  },
  options: {
    wait: { type: 'flag', summary: 'follow the run to its end, and end with its exit code' },
    timeout: {
      type: 'duration',
      placeholder: 'DURATION',
      summary: 'with --wait: how long at most; the run goes on then, and it ends with 1',
    },
    cancelOnInterrupt: { type: 'flag', summary: 'with --wait: Ctrl-C cancels the run' },
  },
  examples: [
    { line: 'rootcellar trigger backup --wait', summary: 'a backup now, by the agent beside' },
    { line: 'rootcellar --agent https://ds-0.ds:7373 trigger verify --wait -- --read-data', summary: 'every byte, by another agent' },
  ],
  exits: ['partial', 'archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ job, words, wait, timeout, cancelOnInterrupt }, context) => {
    const { config } = await context.loadConfig();
    const { agentAt, agentBeside } = await import('../agent-of.ts');
    const agent = context.agentUrl === undefined ? await agentBeside(config.agent) : await agentAt(context.agentUrl, config.agent);
    const { id } = await agent.requestRun(jobOf(job), words, context.signal);
    if (!wait) return { id, run: undefined };
    return { id, run: assertGoodEnd(await waitFor(id, agent, { timeout, cancelOnInterrupt, context })) };
  },
  render: ({ id, run }, { look }) => {
    if (run === undefined) return id;
    const took = formatDuration(Date.parse(run.endedAt) - Date.parse(run.beganAt));
    const mark = run.outcome === 'success' ? look.green('✓') : look.yellow('!');
    return `${mark} ${run.job}: ${run.outcome} after ${took}, by ${printable(run.agent)} (run ${id}).`;
  },
  json: ({ id, run }) => ({ id, run: run ?? null }),
  exitCodeOf: ({ run }) => (run?.outcome === 'partial' ? exitCodes.partial : exitCodes.success),
});

interface Waiting {
  readonly timeout: number | undefined;
  readonly cancelOnInterrupt: boolean;
  readonly context: CommandContext;
}

/** How long an agent that went away may take to come back. */
const mostAwayMilliseconds = 60_000;
const millisecondsBetweenTries = 2000;

/** Follows the run to its end; also over lost connections, as long as the agent comes back within a minute. */
async function waitFor(id: string, agent: AgentClient, { timeout, cancelOnInterrupt, context }: Waiting): Promise<RunRecord> {
  const over = new AbortController();
  const leave = (): void => {
    if (!cancelOnInterrupt)
      over.abort(
        interrupted(
          'The waiting',
          `the run ${id} goes on at the agent`,
          'see "rootcellar runs" for its end; with --cancel-on-interrupt it would be canceled',
        ),
      );
    // What it leaves is said by its end, which is waited for; where it cannot be canceled, nobody waits.
    else agent.cancelRun(id).catch((error: unknown) => over.abort(error));
  };
  context.signal?.addEventListener('abort', leave, { once: true });
  if (context.signal?.aborted === true) leave();
  const done = new AbortController();
  if (timeout !== undefined) {
    context.clock.sleep(timeout, done.signal).then(
      () => over.abort(tooLong(id, timeout)),
      // It came to its end before.
      () => undefined,
    );
  }
  try {
    return await followedToEnd(id, agent, { signal: over.signal, context });
  } finally {
    done.abort();
    context.signal?.removeEventListener('abort', leave);
  }
}

async function followedToEnd(
  id: string,
  agent: AgentClient,
  { signal, context }: { readonly signal: AbortSignal; readonly context: CommandContext },
): Promise<RunRecord> {
  let awaySince: number | undefined;
  for (;;) {
    try {
      for await (const event of agent.follow(id, signal)) {
        awaySince = undefined;
        if (event.kind === 'progress') context.report?.(event.event);
        else if (event.kind === 'run') for (const told of event.run.progress) context.report?.(told);
        else return event.run;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!isFailure(error, 'E_AGENT_LOST') && !isFailure(error, 'E_AGENT_UNREACHABLE')) throw error;
      const now = context.clock.now().getTime();
      awaySince ??= now;
      if (now - awaySince >= mostAwayMilliseconds) throw error;
      await context.clock.sleep(millisecondsBetweenTries, signal);
    }
  }
}

/** @throws Failure the run's own, with the exit code of its command; 130 where it was canceled, 11 where it was passed over, 1 where it was killed */
function assertGoodEnd(run: RunRecord): RunRecord {
  const { id, job, outcome, failure } = run;
  if (outcome === 'success' || outcome === 'partial') return run;
  const code = /^E_[A-Z0-9_]+$/.test(failure?.code ?? '') ? (failure?.code as `E_${string}`) : 'E_RUN_FAILED';
  throw new Failure(code, failure?.message ?? `The run ${id} of ${job} did not succeed: ${outcome}`, {
    exitCode: exitCodeOf(run),
    hint: failure?.hint ?? 'see "rootcellar runs" for what it told',
  });
}

function exitCodeOf({ outcome, exitCode }: RunRecord): ExitCode {
  if (outcome === 'canceled') return exitCodes.interrupted;
  if (outcome === 'skipped') return exitCodes.busy;
  const known = knownExitCode(exitCode);
  return known === exitCodes.success ? exitCodes.failure : known;
}

function tooLong(id: string, timeout: number): Failure {
  return new Failure('E_RUN_GOES_ON', `The run ${id} did not end within ${formatDuration(timeout)}: it goes on at the agent`, {
    hint: 'see "rootcellar runs" for its end, or wait longer with --timeout',
  });
}

function jobOf(word: string): Job {
  const job = jobs.find((name) => name === word);
  if (job !== undefined) return job;
  throw wrongUsage(`Cannot ask for a run: "${word}" is not one of ${jobs.join(', ')}`, 'name one of them');
}
