import type { Clock } from '../../foundation/clock.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { LdapSession } from '../ldap-session.ts';
import { scheduledTasksDn } from '../task-entry.ts';
import { readTaskState } from '../task-state.ts';

const pauseMilliseconds = 500;

/**
 * Waits until no task of this server initialises a replica any more: the program that began one may have been killed, the servers go on.
 * OpenDJ 5.0.3 has it as a task of class `InitializeTask` on the replica that receives; for PingDirectory that is inferred.
 */
export async function outlastInitializations(session: LdapSession, clock: Clock, { signal, report }: OperationContext): Promise<void> {
  let isTold = false;
  while (await isInitializing(session, signal)) {
    if (!isTold) {
      const text = `An initialization that was begun before is still under way on ${session.url}; waiting for its end`;
      report?.({ kind: 'note', level: 'warning', text });
    }
    isTold = true;
    await clock.sleep(pauseMilliseconds, signal);
  }
}

async function isInitializing(session: LdapSession, signal: AbortSignal | undefined): Promise<boolean> {
  const attributes = ['ds-task-class-name', 'ds-task-state'];
  const tasks = await session.search({ base: scheduledTasksDn, scope: 'one', attributes }, signal);
  return tasks.some(
    (task) =>
      /\.Initialize(Target)?Task$/.test(task.value('ds-task-class-name') ?? '') &&
      ['pending', 'running'].includes(readTaskState(task.value('ds-task-state'))),
  );
}
