import type { RestorePlan } from '../../../../src/restore/plan.ts';
import { useResource } from '../../api/use-resource.ts';
import { FailureNote } from '../../parts/failure-note.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card } from '../../parts/page.tsx';
import { ApproveRestore } from './approve-restore.tsx';
import { addressOf, wordsOf, type Choices } from './choices.ts';
import { Comparison } from './comparison.tsx';
import { PlanFacts } from './plan-facts.tsx';
import { PlanReplicas } from './plan-replicas.tsx';
import { PlanSteps } from './plan-steps.tsx';
import { planRestore } from './plans.ts';
import { Remedies } from './remedies.tsx';
import type { StepProps } from './wizard.tsx';

/** The plan of the real state machine, or its refusal with what to choose instead; then the comparison, and the way on. */
export function ShowPlan({ choices, goTo }: StepProps) {
  const words = wordsOf(choices);
  const plan = useResource((signal) => planRestore(words, { signal }), ['plan', ...words]);
  if (plan.failure !== undefined && !plan.isLoading)
    return (
      <>
        <FailureNote failure={plan.failure} onRetry={plan.reload} />
        <Remedies failure={plan.failure} choices={choices} goTo={goTo} />
      </>
    );
  if (plan.value === undefined || plan.isLoading) return <Loading what="the plan: the server and the archive are asked" />;
  return <Plan plan={plan.value} choices={choices} onReload={plan.reload} />;
}

interface PlanProps {
  readonly plan: RestorePlan;
  readonly choices: Choices;
  readonly onReload: () => void;
}

function Plan({ plan, choices, onReload }: PlanProps) {
  // What is compared and restored is the snapshot that is shown here, whatever a shorter name would mean by then.
  const fixed = { ...choices, snapshot: plan.snapshot.id };
  return (
    <>
      {plan.done.length > 0 ? (
        <div class="note note-warn">
          <p>An earlier run of this restore was cut off. It goes on where that one was; what has a tick is done.</p>
        </div>
      ) : null}
      {plan.warnings.map((warning) => (
        <div key={warning} class="note note-warn">
          <p>
            <strong>Know this:</strong> {warning}.
          </p>
        </div>
      ))}
      <Card title="In short">
        <PlanFacts plan={plan} />
      </Card>
      <PlanReplicas plan={plan} />
      <Card title="What happens, in this order">
        <PlanSteps plan={plan} />
      </Card>
      <Comparison choices={fixed} />
      <Card title="Go on?">
        <ApproveRestore plan={plan} choices={fixed} />
        <p class="row restore-back">
          <a href={addressOf({ ...choices, step: 'what' })}>Change what is restored</a>
          <a href={addressOf({ ...choices, step: 'snapshot' })}>Take another backup</a>
          <button type="button" class="link" onClick={onReload}>
            Ask the server anew
          </button>
        </p>
      </Card>
    </>
  );
}
