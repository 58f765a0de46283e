import { useResource } from '../../api/use-resource.ts';
import { FailureNote } from '../../parts/failure-note.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Approve } from './approve.tsx';
import { planRollBack } from './plans.ts';
import { RestoreLinks } from './restore-links.tsx';
import { rollBackSteps } from './roll-back-steps.ts';

/** How the unfinished restore of a topology is undone: its plan first, then the question. */
export function RollBackPage() {
  const plan = useResource((signal) => planRollBack({ signal }), ['roll-back-plan']);
  const { value, failure } = plan;
  return (
    <Page title="Undo the restore" lead="So it would be undone. Nothing is changed yet.">
      <FailureNote failure={failure} onRetry={plan.reload} />
      {failure === undefined ? null : <RestoreLinks failure={failure} />}
      {value === undefined ? (
        failure === undefined ? (
          <Loading what="the plan: the replicas are asked" />
        ) : null
      ) : (
        <>
          <Card title={`Roll back the restore of ${value.backupId} into ${value.target}`}>
            <ol class="restore-steps">
              {rollBackSteps(value).map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          </Card>
          <Card title="Go on?">
            <Approve action="Roll back" words={['roll-back']} typed={value.target}>
              {value.source === undefined ? (
                <p>Nothing was restored yet, so no entry changes.</p>
              ) : (
                <p>
                  {value.target} gets the entries of {value.source} again: what it had before the restore, and what was written there since.
                </p>
              )}
              <p class="muted">Stopped in the middle, the same again goes on.</p>
            </Approve>
          </Card>
        </>
      )}
    </Page>
  );
}
