import type { RunFailure, RunOutcome } from '../domain/run-record.ts';
import { exitCodes } from '../foundation/failure.ts';
import type { CommandResult } from './command-runner.ts';

/** Who stopped a run before its end: somebody who asked for it, the agent's own end, or the loss of the right to run. */
export type StopReason = 'canceled' | 'agent-stopped' | 'lease-lost';

/** How a run ended. One that was stopped and came to a good end all the same was a success. */
export function outcomeOf({ exitCode }: Pick<CommandResult, 'exitCode'>, stopped: StopReason | undefined): RunOutcome {
  if (exitCode === exitCodes.success) return 'success';
  if (exitCode === exitCodes.partial) return 'partial';
  return stopped === 'canceled' || stopped === 'agent-stopped' ? 'canceled' : 'failure';
}

/** What another attempt cannot mend: only after somebody changed something would it end otherwise. */
const finalExitCodes: readonly (number | undefined)[] = [
  exitCodes.success,
  exitCodes.partial,
  exitCodes.usage,
  exitCodes.archiveMissing,
  exitCodes.wrongKey,
  exitCodes.verificationFailed,
];

/** Whether a run that ended so may end better the next time. One whose process was killed may. */
export function mayEndBetter({ exitCode }: Pick<CommandResult, 'exitCode'>): boolean {
  return !finalExitCodes.includes(exitCode);
}

/** Milliseconds before the attempt after `attempt`: twice as long each time, an hour at most. */
export function retryPause(attempt: number, firstMilliseconds: number): number {
  return Math.min(firstMilliseconds * 2 ** (attempt - 1), 3_600_000);
}

/** Why a run did not come to a good end, by what it told or, where it told nothing, by how it ended. */
export function failureOf({ failure, exitCode, killedBy, result }: CommandResult, stopped: StopReason | undefined): RunFailure | undefined {
  if (exitCode === exitCodes.success || exitCode === exitCodes.partial) return undefined;
  if (stopped === 'lease-lost')
    return {
      code: 'E_LEASE_LOST',
      message: 'The run was stopped: this agent no longer holds the right to run',
      hint: 'another agent of the group goes on; see "rootcellar runs"',
    };
  if (failure !== undefined) return failure;
  if (killedBy !== undefined)
    return {
      code: 'E_RUN_KILLED',
      message: `The run ended early: its process was killed (${killedBy})`,
      hint: 'look for memory limits, and run it again',
    };
  // Such as a verify that found damage: it did what it was asked for.
  if (result !== undefined && result !== null)
    return {
      code: 'E_RUN_FAILED',
      message: `The run ended with exit code ${exitCode ?? 'unknown'}, and its result tells why`,
      hint: 'read its result: on the page of the run in the console, or with "rootcellar runs --json"',
    };
  return {
    code: 'E_RUN_FAILED',
    message: `The run ended with exit code ${exitCode ?? 'unknown'} and told nothing`,
    hint: 'run the command by hand to see what it says',
  };
}
