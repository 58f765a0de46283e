import type { ToldStep } from '../../../../src/foundation/told-progress.ts';
import { LiveSteps } from '../../parts/live-steps.tsx';
import { Symbol } from '../../parts/symbols.tsx';
import type { Stage } from './stages-of.ts';

const symbols = { done: 'good', running: 'running', bad: 'bad', ahead: 'ahead' } as const;
const words = { done: 'done', running: 'under way', bad: 'it came no further', ahead: 'not begun' } as const;

/** The whole plan: what is done, what is under way and how far, what lies ahead. */
export function Stages({ stages, steps }: { readonly stages: readonly Stage[]; readonly steps: readonly ToldStep[] }) {
  const underWay = steps.filter(({ state }) => state === 'running');
  return (
    <ol class="steps" aria-label="The plan">
      {stages.map(({ key, text, state }) => (
        <li key={key} class={`step-${state}`} aria-current={state === 'running' ? 'step' : undefined}>
          <Symbol name={symbols[state]} />
          <span class={state === 'ahead' ? 'muted' : undefined}>
            {sentence(text)} <span class="hidden-text">({words[state]})</span>
          </span>
          <span class="muted small">{state === 'running' || state === 'bad' ? words[state] : ''}</span>
          {state === 'running' && underWay.length > 0 ? (
            <div class="step-more">
              <LiveSteps steps={underWay} />
            </div>
          ) : null}
        </li>
      ))}
    </ol>
  );
}

function sentence(clause: string): string {
  return clause.slice(0, 1).toUpperCase() + clause.slice(1);
}
