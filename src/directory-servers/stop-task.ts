import type { Clock } from '../foundation/clock.ts';
import { Failure } from '../foundation/failure.ts';
import { type LdapEntry, type LdapSession, hasResult, resultCodes } from './ldap-session.ts';
import { scheduledTasksDn } from './task-entry.ts';
import { readTaskState } from './task-state.ts';

export interface StopTools {
  readonly session: LdapSession;
  readonly clock: Clock;
  /** How long to wait for a canceled task to come to its end. */
  readonly cancelPatienceMilliseconds: number;
}

/** What a task's entry says. */
export interface TaskSight {
  readonly state: string | undefined;
  readonly log: readonly string[];
  /** When it began to run, as the server writes it; undefined before. */
  readonly startedAt: string | undefined;
}

export const firstPause = 100;
export const longestPause = 2000;

/** Every task of ours has an ID that begins so; an operator's tag may follow. */
export const taskIdPrefix = 'rootcellar-';

/** Reads a task's entry; undefined when the server has it no more. */
export async function readTask(session: LdapSession, dn: string, signal?: AbortSignal): Promise<TaskSight | undefined> {
  const attributes = ['ds-task-state', 'ds-task-log-message', 'ds-task-actual-start-time'];
  const [entry] = await session.search({ base: dn, scope: 'base', attributes }, signal);
  if (entry === undefined) return undefined;
  const [state, startedAt] = [entry.value('ds-task-state'), entry.value('ds-task-actual-start-time')];
  return { state, log: entry.values('ds-task-log-message'), startedAt };
}

/**
 * Asks the server to stop a task and waits for its end. Resolves to false when it still runs after that time: a server stops a task
 * only where it looks for it. `onSight` gets each look at it.
 */
export async function stopTask(dn: string, tools: StopTools, onSight?: (sight: TaskSight) => void, signal?: AbortSignal): Promise<boolean> {
  const { session, clock, cancelPatienceMilliseconds } = tools;
  const begin = clock.now().getTime();
  try {
    // Both products make it `stopped_by_administrator` where the task runs already.
    await session.replace(dn, 'ds-task-state', 'canceled_before_starting', signal);
  } catch (error) {
    // It has ended by itself, or is gone.
    if (hasResult(error, resultCodes.unwilling) || hasResult(error, resultCodes.noSuchObject)) return true;
    throw error;
  }
  for (let pause = firstPause; clock.now().getTime() - begin < cancelPatienceMilliseconds; pause = Math.min(longestPause, pause * 1.5)) {
    const sight = await readTask(session, dn, signal);
    if (sight === undefined) return true;
    onSight?.(sight);
    if (!isUnderWay(sight.state)) return true;
    await clock.sleep(pause, signal);
  }
  return false;
}

/** Whether a task in this state will still do something. */
export function isUnderWay(state: string | undefined): boolean {
  const progress = readTaskState(state);
  return progress === 'pending' || progress === 'running';
}

const restorePatience = 600_000;

/**
 * Stops all tasks that are under way and whose ID begins with `prefix`, but for restores and imports, which are waited for: cut off, one would leave its backend empty.
 * Resolves to their IDs once each has ended.
 *
 * @throws Failure E_TASK_FAILED for one that does not end in time: that of the tools, or ten minutes for a restore or an import
 */
export async function stopAbandonedTasks(prefix: string, tools: StopTools, signal?: AbortSignal): Promise<readonly string[]> {
  const attributes = ['ds-task-id', 'ds-task-state', 'ds-task-class-name', 'ds-task-restore-verify-only'];
  const filter = `(ds-task-id=${prefix}*)`;
  const entries = await tools.session.search({ base: scheduledTasksDn, scope: 'sub', filter, attributes }, signal);
  const stopped: string[] = [];
  for (const entry of entries) {
    if (!isUnderWay(entry.value('ds-task-state'))) continue;
    const taskId = entry.value('ds-task-id') ?? entry.dn;
    if (isReplacing(entry)) await outlast(entry.dn, taskId, tools, signal);
    else if (!(await stopTask(entry.dn, tools, undefined, signal))) {
      throw new Failure('E_TASK_FAILED', `Cannot stop task ${taskId}, which an earlier run left on the server: it still runs`, {
        hint: "wait for its end, or end it with the server's own manage-tasks",
        retry: 'later',
      });
    }
    stopped.push(taskId);
  }
  return stopped;
}

/** Whether it puts other entries in the place of those of a backend. */
function isReplacing(entry: LdapEntry): boolean {
  const isVerifyOnly = entry.value('ds-task-restore-verify-only')?.toLowerCase() === 'true';
  return /\.(RestoreTask|ImportTask)$/.test(entry.value('ds-task-class-name') ?? '') && !isVerifyOnly;
}

async function outlast(dn: string, taskId: string, { session, clock }: StopTools, signal: AbortSignal | undefined): Promise<void> {
  const begin = clock.now().getTime();
  for (let pause = firstPause; clock.now().getTime() - begin < restorePatience; pause = Math.min(longestPause, pause * 1.5)) {
    const sight = await readTask(session, dn, signal);
    if (sight === undefined || !isUnderWay(sight.state)) return;
    await clock.sleep(pause, signal);
  }
  throw new Failure('E_TASK_FAILED', `Cannot begin: the restore task ${taskId}, which an earlier run left on the server, still runs`, {
    hint: 'wait for its end and do not cancel it, as the server would leave the backend empty; then run this again',
    retry: 'later',
  });
}
