import type { Clock } from '../../foundation/clock.ts';
import { Failure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { LdapEntry, LdapSession } from '../ldap-session.ts';
import { scheduledTasksDn } from '../task-entry.ts';
import { readTaskState } from '../task-state.ts';

export interface Outlasting {
  /** For the failure's sentence: `initialize B from A`. */
  readonly attempt: string;
  readonly clock: Clock;
  /** How long such a task may show no progress. */
  readonly patienceMilliseconds: number;
}

const pauseMilliseconds = 500;

/**
 * Waits until no task of this server initialises a replica any more: the program that began one may have been killed, the servers go on.
 *
 * OpenDJ 5.0.3 has it as a task of class `InitializeTask` on the replica that receives (tried; for PingDirectory inferred). When the source died before
 * it sent anything, that task runs for ever: to cancel it changes nothing, and only a restart of the receiver ends it.
 *
 * @throws Failure E_INITIALIZATION_STUCK when it shows no progress for so long, E_INTERRUPTED
 */
export async function outlastInitializations(
  session: LdapSession,
  waiting: Outlasting,
  { signal, report }: OperationContext,
): Promise<void> {
  const { attempt, clock, patienceMilliseconds } = waiting;
  let seen: string | undefined;
  let since = clock.now().getTime();
  for (;;) {
    const [task] = await readInitializations(session, signal);
    if (task === undefined) return;
    if (seen === undefined) {
      const text = `An initialization that was begun before is still under way on ${session.url}; waiting for its end`;
      report?.({ kind: 'note', level: 'warning', text });
    }
    const progress = [task.dn, ...progressAttributes.map((name) => task.value(name))].join(' ');
    if (progress !== seen) since = clock.now().getTime();
    seen = progress;
    if (clock.now().getTime() - since >= patienceMilliseconds) throw stuck(attempt, session.url, patienceMilliseconds);
    await clock.sleep(pauseMilliseconds, signal);
  }
}

const progressAttributes = ['ds-task-processed-entry-count', 'ds-task-unprocessed-entry-count'];

async function readInitializations(session: LdapSession, signal: AbortSignal | undefined): Promise<readonly LdapEntry[]> {
  const attributes = ['ds-task-class-name', 'ds-task-state', ...progressAttributes];
  const tasks = await session.search({ base: scheduledTasksDn, scope: 'one', attributes }, signal);
  return tasks.filter(
    (task) =>
      /\.Initialize(Target)?Task$/.test(task.value('ds-task-class-name') ?? '') &&
      ['pending', 'running'].includes(readTaskState(task.value('ds-task-state'))),
  );
}

function stuck(attempt: string, url: string, milliseconds: number): Failure {
  const state = `an initialization that was begun before on ${url} shows no progress for ${Math.round(milliseconds / 1000)} s`;
  return new Failure('E_INITIALIZATION_STUCK', `Cannot ${attempt}: ${state}`, {
    hint: 'restart that server, which ends it (its source may have died meanwhile), then run this again',
  });
}
