import type { RestorePlan } from '../../../../src/restore/plan.ts';
import { shortId } from '../../api/snapshots.ts';
import { Time } from '../../parts/time.tsx';
import { Approve } from './approve.tsx';
import { wordsOf, type Choices } from './choices.ts';
import { stopText } from './stop-text.ts';

/** The typed confirmation of a restore, of just the snapshot whose plan is shown. */
export function ApproveRestore({ plan, choices }: { readonly plan: RestorePlan; readonly choices: Choices }) {
  const { snapshot, target, source, topology, lostSince } = plan;
  const where = topology === undefined ? target.location : `${topology.target} and ${topology.others.length} more`;
  const backends = plan.steps.flatMap((step) => (step.kind === 'restore-backend' ? [step.backend.id] : []));
  return (
    <Approve action="Restore" words={['restore', ...wordsOf(choices)]} typed={topology?.target ?? target.location}>
      <p>
        {backends.join(', ')} on {where}: replaced by {source === 'export' ? 'the export of the backup' : 'the backup'}{' '}
        <code>{shortId(snapshot.id)}</code> of <Time at={snapshot.time} />.
      </p>
      <p>
        <strong>
          What was written since <Time at={lostSince} /> is lost. There is no undo afterwards.
        </strong>
      </p>
      <p class="muted">{stopText(topology === undefined ? 'server' : 'topology')}</p>
    </Approve>
  );
}
