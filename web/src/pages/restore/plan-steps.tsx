import type { RestorePlan } from '../../../../src/restore/plan.ts';
import { keyOf } from '../../../../src/restore/steps.ts';
import { Mark } from '../../parts/mark.tsx';
import { stepText } from './step-text.ts';

/** Each step with what it means; those that an earlier run did are marked. */
export function PlanSteps({ plan }: { readonly plan: RestorePlan }) {
  return (
    <ol class="restore-steps">
      {plan.steps.map((step) => {
        const { what, meaning } = stepText(step, plan);
        return (
          <li key={keyOf(step)}>
            {what} {plan.done.includes(keyOf(step)) ? <Mark kind="good">done</Mark> : null}
            {meaning === undefined ? null : <span class="muted small restore-meaning">{meaning}</span>}
          </li>
        );
      })}
    </ol>
  );
}
