import type { Clock } from '../../foundation/clock.ts';
import { exitCodes, Failure, interrupted } from '../../foundation/failure.ts';
import type { Role } from './command-gate.ts';

interface RunningCommand {
  readonly role: Role;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** The commands that are under way for clients: not more than so many at once, each can be canceled, and the end of the agent stops them. */
export class RunningCommands {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #running = new Map<string, RunningCommand>();
  #isStopping = false;

  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** @throws Failure E_AGENT_STOPPING, E_AGENT_BUSY (exit code 11) */
  assertTakesMore(name: string): void {
    if (this.#isStopping) {
      throw new Failure('E_AGENT_STOPPING', `Cannot run ${name}: the agent is stopping`, {
        exitCode: exitCodes.busy,
        hint: 'try again in a minute, or at another agent of the group',
      });
    }
    if (this.#running.size >= this.#most) {
      throw new Failure('E_AGENT_BUSY', `Cannot run ${name}: ${this.#most} commands run already for clients of this agent`, {
        exitCode: exitCodes.busy,
        hint: 'wait until one of them has ended, or cancel one',
      });
    }
  }

  /** Counts `work` until it ends. `stop` is aborted to end it earlier, as SIGTERM does; `role`: of those who may. */
  add(id: string, { role, stop, work }: { readonly role: Role; readonly stop: AbortController; readonly work: Promise<void> }): void {
    const ended = work.finally(() => this.#running.delete(id));
    this.#running.set(id, { role, stop, ended });
  }

  /** Stops a command as SIGTERM does. False where none of that ID runs, or `mayCancel` does not hold for its role. */
  cancel(id: string, mayCancel: (role: Role) => boolean): boolean {
    const running = this.#running.get(id);
    if (running === undefined || !mayCancel(running.role)) return false;
    running.stop.abort(interrupted('The command'));
    return true;
  }

  /** Takes no more, waits for those that run, and stops them after `graceMilliseconds`. Resolves when none is left. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#isStopping = true;
    const all = Promise.all([...this.#running.values()].map(({ ended }) => ended));
    const done = new AbortController();
    const patience = this.#clock.sleep(graceMilliseconds, done.signal).then(
      () => {
        for (const { stop } of this.#running.values()) stop.abort(interrupted('The command', 'its agent was stopped'));
      },
      // All ended before.
      () => undefined,
    );
    await all.finally(() => done.abort());
    await patience;
  }
}
