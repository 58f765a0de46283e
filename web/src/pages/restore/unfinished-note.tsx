import type { ApiFailure } from '../../api/api-failure.ts';
import { useResource } from '../../api/use-resource.ts';
import type { RollBackPlan } from '../../../../src/restore/roll-back.ts';
import { addressOf, type Choices } from './choices.ts';
import { restoresIn } from './commands-in.ts';
import { planRollBack } from './plans.ts';

/** What the journal of this server says of a restore of the topology that did not come to its end. */
type Unfinished =
  | { readonly state: 'none' }
  | { readonly state: 'open'; readonly plan: RollBackPlan }
  | { readonly state: 'only-forward'; readonly failure: ApiFailure }
  | { readonly state: 'unknown'; readonly failure: ApiFailure };

async function readUnfinished(signal: AbortSignal): Promise<Unfinished> {
  try {
    return { state: 'open', plan: await planRollBack({ signal }) };
  } catch (error) {
    const failure = error as ApiFailure;
    // Its only misuse in these words is that there is nothing to undo.
    if (failure.code === 'E_USAGE') return { state: 'none' };
    if (failure.code === 'E_NO_WAY_BACK') return { state: 'only-forward', failure };
    if (signal.aborted || failure.code === undefined) throw error;
    return { state: 'unknown', failure };
  }
}

/** The restore that was left in the middle, before all else: how to go on, and how to undo it. Nothing where there is none. */
export function UnfinishedNote() {
  const unfinished = useResource(readUnfinished, ['unfinished']);
  const told = unfinished.value;
  if (told === undefined || told.state === 'none') return null;
  if (told.state === 'unknown')
    return (
      <div class="note note-warn" role="status">
        <p>Whether an earlier restore is unfinished could not be seen: {told.failure.message}.</p>
        {told.failure.hint === undefined ? null : <p>To do: {told.failure.hint}</p>}
      </div>
    );
  if (told.state === 'only-forward')
    return (
      <div class="note note-bad" role="alert">
        <p>
          <strong>A restore is unfinished, and there is only the way forward.</strong> {told.failure.message}.
        </p>
        {told.failure.hint === undefined ? null : <p>To do: {told.failure.hint}</p>}
        <GoOn restores={restoresIn(told.failure.hint)} />
      </div>
    );
  const { plan } = told;
  return (
    <div class="note note-bad" role="alert">
      <p>
        <strong>
          The restore of {plan.backupId} into {plan.target} has not come to its end.
        </strong>{' '}
        {plan.isResumed ? 'Replication is suspended. ' : ''}
        {plan.unfenced.length > 0 ? `${plan.unfenced.join(', ')} may refuse what clients write. ` : ''}
        Backups of these servers are refused until it is over.
      </p>
      <div class="row">
        <GoOn restores={restoresIn(plan.goOn === undefined ? undefined : `"${plan.goOn}"`)} />
        <a class="button" href="/restore/roll-back">
          Look at how it would be undone
        </a>
      </div>
    </div>
  );
}

function GoOn({ restores: [first] }: { readonly restores: readonly Choices[] }) {
  return first === undefined ? null : (
    <a class="button" href={addressOf(first)}>
      Look at how it would go on
    </a>
  );
}
