import { Failure, isFailure, messageOf } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { RestorePlan } from './plan.ts';
import type { Clock } from '../foundation/clock.ts';
import { planRollBack, rollBack, rolledBackText } from './roll-back.ts';
import { type RestoreScene } from './run-steps.ts';
import { isChanging, keyOf } from './steps.ts';
import { lineOfRestore } from '../staging/unfinished-restore.ts';

export interface FailedRestore extends RestoreScene {
  readonly plan: RestorePlan;
  readonly onFailure: 'roll-back' | 'stop';
  readonly clock: Clock;
}

/**
 * Leaves a state that can be lived with, and resolves to the failure that says which it is: nothing changed → no journal; not proven yet → rolled
 * back, so that replication goes on; proven, or interrupted → the journal stays, and another run goes on. The code and the exit code stay those of the failure.
 */
export async function afterFailure(error: unknown, scene: FailedRestore, options: OperationContext): Promise<unknown> {
  const { journal, plan, topology } = scene;
  const begun = plan.steps.filter((step) => isChanging(step) && journal.isBegun(keyOf(step)));
  if (topology === undefined || begun.length === 0) {
    await journal.remove();
    return error;
  }
  if (options.signal?.aborted === true) return withWayOn(error, scene, 'replication may be suspended');
  if (journal.isDone('prove')) return withWayOn(error, scene, whatIsDone(scene));
  if (scene.onFailure === 'stop') return withWayOn(error, scene, 'replication is suspended, and no other replica was changed');
  try {
    const back = planRollBack(journal.document, await topology.read(options));
    options.report?.({ kind: 'note', level: 'warning', text: `rolling back: ${messageOf(error)}` });
    await rollBack(back, { ...scene, topology }, options);
    return told(error, rolledBackText(back), hintOf(error));
  } catch (second) {
    return withWayOn(
      error,
      scene,
      `it could not be rolled back (${messageOf(second)}), replication may be suspended, and no other replica was changed`,
    );
  }
}

function whatIsDone({ journal, plan }: FailedRestore): string {
  const others = plan.topology?.others.map(({ name }) => name) ?? [];
  const isInitialised = (name: string): boolean => journal.isDone(`initialize ${name}`) || journal.isDone('initialize all');
  const [done, left] = [others.filter(isInitialised), others.filter((name) => !isInitialised(name))];
  const isResumed = journal.isDone('resume');
  return [
    `${plan.topology?.target ?? ''} is restored and proven`,
    ...(done.length > 0 ? [`${done.join(', ')} initialised from it`] : []),
    ...(left.length > 0 ? [`${left.join(', ')} not yet`] : []),
    isResumed ? 'replication goes on' : 'replication is suspended',
  ].join(', ');
}

function withWayOn(error: unknown, { journal }: FailedRestore, state: string): unknown {
  const back = journal.document.steps.some(({ key }) => key.startsWith('initialize ')) ? '' : ', or "rootcellar roll-back" to undo it';
  const goOn =
    journal.document.direction === 'back'
      ? 'run "rootcellar roll-back" again'
      : `run "${lineOfRestore(journal.document)}" again to go on${back}`;
  return told(error, state, goOn);
}

function hintOf(error: unknown): string | undefined {
  return isFailure(error) ? error.hint : undefined;
}

/** Anything but a failure is a bug, and is told as one; its state is then left to the journal. */
function told(error: unknown, state: string, hint: string | undefined): unknown {
  if (!isFailure(error)) return error;
  const { code, message, exitCode, facts, retry } = error;
  return new Failure(code, `${message}; ${state}`, { cause: error, exitCode, facts, retry, hint });
}
