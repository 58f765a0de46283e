import { ResultCodeError } from 'ldapts';
import { Failure, interrupted, isFailure, messageOf } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { TaskOutcome } from './directory-server.ts';
import { textOf } from './ldap-session.ts';
import { type StopTools, type TaskSight, firstPause, isUnderWay, longestPause, readTask, stopTask } from './stop-task.ts';
import { type TaskEntry, type TaskRequest, attemptOf, mustNotBeCutOff } from './task-entry.ts';
import { contradictsSuccess, taskFailure } from './task-failure.ts';
import { TaskReport } from './task-report.ts';
import { describeTaskState, readTaskState } from './task-state.ts';

export interface FollowTools extends StopTools {
  /** How long a server may be out of reach before a task is given up as one of unknown state. */
  readonly patienceMilliseconds: number;
}

/**
 * Adds the task's entry and follows it to its end; see the port for what it resolves and rejects with. A connection that breaks
 * meanwhile is made again: the server works on without us.
 */
export async function runTask(request: TaskRequest, entry: TaskEntry, tools: FollowTools, options: OperationContext): Promise<TaskOutcome> {
  const report = new TaskReport(options.report, attemptOf(request));
  const task = new FollowedTask(request, entry, tools, report);
  try {
    await task.begin(options.signal);
    const outcome = await task.follow(options.signal);
    report.end();
    return outcome;
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    await task.cancel();
    throw interrupted(`The attempt to ${attemptOf(request)}`);
  }
}

class FollowedTask {
  readonly #request: TaskRequest;
  readonly #entry: TaskEntry;
  readonly #tools: FollowTools;
  readonly #report: TaskReport;
  #mayRun = false;
  #startedAt: string | undefined;

  constructor(request: TaskRequest, entry: TaskEntry, tools: FollowTools, report: TaskReport) {
    this.#request = request;
    this.#entry = entry;
    this.#tools = tools;
    this.#report = report;
  }

  async begin(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#tools.session.search({ base: '', scope: 'base', attributes: ['1.1'] }, signal);
      this.#mayRun = true;
      await this.#tools.session.add(this.#entry.dn, this.#entry.attributes, signal);
    } catch (error) {
      if (isFailure(error, 'E_SERVER_UNREACHABLE') && this.#mayRun) {
        // Whether the server got the entry is not known: its absence, seen on a new connection, is told by `follow`.
        this.#report.note('warning', `${error.message}; asking again whether the task runs`);
        return;
      }
      this.#mayRun = false;
      if (isFailure(error, 'E_PRIVILEGE_MISSING') && error.cause instanceof Error) {
        const { code, cause, hint } = error;
        throw new Failure(code, `Cannot ${attemptOf(this.#request)}: the server says "${textOf(error.cause)}"`, { hint, cause });
      }
      if (error instanceof ResultCodeError) throw this.#refusal(error);
      throw error;
    }
  }

  async follow(signal: AbortSignal | undefined): Promise<TaskOutcome> {
    for (let pause = firstPause; ; pause = Math.min(longestPause, pause * 1.5)) {
      const sight = await this.#look(signal);
      if (sight === undefined) return this.#resolveLost();
      this.#report.show(sight.log);
      await this.#assertBegunOnce(sight);
      if (readTaskState(sight.state) === 'success' && !contradictsSuccess(sight.log)) {
        return { taskId: this.#taskId, log: sight.log };
      }
      if (!isUnderWay(sight.state)) throw this.#failed(sight);
      await this.#tools.clock.sleep(pause, signal);
    }
  }

  /** Has the server stop the task, and waits for its end, though not for ever; a restore is not stopped but waited for. Never rejects. */
  async cancel(): Promise<void> {
    if (!this.#mayRun) return;
    try {
      if (mustNotBeCutOff(this.#request)) {
        await this.#outlast();
        return;
      }
      if (await stopTask(this.#entry.dn, this.#tools, ({ log }) => this.#report.show(log))) return;
      this.#report.note('warning', `The server was told to stop the task, but it still runs: ${this.#entry.dn}`);
    } catch (error) {
      this.#report.note(
        'warning',
        `The server could not be told to stop the task, which may run on: ${this.#entry.dn} (${messageOf(error)})`,
      );
    }
  }

  async #outlast(): Promise<void> {
    let sight = await this.#look(undefined);
    if (sight !== undefined && isUnderWay(sight.state)) {
      this.#report.note('warning', 'The server is restoring; cut off it would leave the backend empty, so its end is waited for');
    }
    while (sight !== undefined && isUnderWay(sight.state)) {
      this.#report.show(sight.log);
      await this.#tools.clock.sleep(firstPause);
      sight = await this.#look(undefined);
    }
    this.#report.show(sight?.log ?? []);
  }

  /** Reads the task's entry, over a new connection where the old one broke; undefined when the server has it no more. */
  async #look(signal: AbortSignal | undefined): Promise<TaskSight | undefined> {
    const { session, clock, patienceMilliseconds } = this.#tools;
    let since: number | undefined;
    for (let pause = firstPause; ; pause = Math.min(longestPause, pause * 2)) {
      try {
        return await readTask(session, this.#entry.dn, signal);
      } catch (error) {
        if (!isFailure(error, 'E_SERVER_UNREACHABLE')) throw error;
        if (since === undefined) this.#report.note('warning', `${error.message}; connecting again to go on following the task`);
        since ??= clock.now().getTime();
        if (clock.now().getTime() - since >= patienceMilliseconds) throw this.#unknown(error);
        await clock.sleep(pause, signal);
      }
    }
  }

  /** OpenDJ begins a task that ran when it was killed anew at its next start; a backup then lies beside the torn one of the first try. */
  async #assertBegunOnce({ state, startedAt }: TaskSight): Promise<void> {
    this.#startedAt ??= startedAt;
    if (startedAt === this.#startedAt) return;
    if (isUnderWay(state)) await this.cancel();
    throw new Failure('E_TASK_LOST', `Cannot ${attemptOf(this.#request)}: the server was restarted meanwhile and began the task anew`, {
      hint: 'run it again; nothing of this try is trusted',
    });
  }

  #failed({ state, log }: TaskSight): Failure {
    return taskFailure(this.#request, { state: describeTaskState(state), log });
  }

  #refusal(error: ResultCodeError): Failure {
    return new Failure('E_TASK_FAILED', `Cannot ${attemptOf(this.#request)}: the server refused the task, "${textOf(error)}"`, {
      hint: "see the server's logs/errors and that its version is one that rootcellar knows",
      cause: error,
      facts: { resultCode: error.code },
    });
  }

  get #taskId(): string {
    return this.#entry.dn.slice('ds-task-id='.length, this.#entry.dn.indexOf(','));
  }

  async #resolveLost(): Promise<TaskOutcome> {
    if (this.#request.kind === 'backup' && (await this.#request.confirmLost?.()) === true) {
      this.#report.note(
        'warning',
        'The server has no trace of the task any more; its backup is in the folder, whole, and is taken from there',
      );
      return { taskId: this.#taskId, log: [] };
    }
    throw new Failure(
      'E_TASK_LOST',
      `Cannot ${attemptOf(this.#request)}: the server has no trace of the task any more, so its end is unknown`,
      {
        hint: 'run it again; nothing of this try is trusted',
      },
    );
  }

  #unknown(cause: Failure): Failure {
    const seconds = Math.round(this.#tools.patienceMilliseconds / 1000);
    const state = `the server has been out of reach for ${seconds} s, so the state of the task is unknown`;
    return new Failure('E_SERVER_UNREACHABLE', `Cannot ${attemptOf(this.#request)}: ${state}`, {
      hint: 'see that the server runs, then run it again; nothing of this try is trusted',
      cause,
      retry: 'later',
    });
  }
}
