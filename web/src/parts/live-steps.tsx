import { formatCount } from '../../../src/foundation/counts.ts';
import { formatDuration } from '../../../src/foundation/durations.ts';
import { formatBytes } from '../../../src/foundation/sizes.ts';
import type { ToldStep } from '../../../src/foundation/told-progress.ts';
import { Symbol } from './symbols.tsx';

const symbols = { running: 'running', done: 'good', bad: 'bad' } as const;
const words = { running: 'under way', done: 'done', bad: 'found what must not be' } as const;

/** The steps of a command in the order in which they began: what was done, what is under way and how far, live. */
export function LiveSteps({ steps }: { readonly steps: readonly ToldStep[] }) {
  return (
    <ol class="steps" aria-live="polite" aria-relevant="additions">
      {steps.map((step) => (
        <LiveStep key={step.step} step={step} />
      ))}
    </ol>
  );
}

function LiveStep({ step }: { readonly step: ToldStep }) {
  const isMeasured = step.state === 'running' && step.total !== undefined && step.total > 0;
  return (
    <li class={`step-${step.state}`}>
      <Symbol name={symbols[step.state]} />
      <span>
        {step.step} <span class="hidden-text">({words[step.state]})</span>
      </span>
      <span class="muted small">{amountText(step)}</span>
      {isMeasured ? (
        <progress class="step-more" aria-label={step.step} max={step.total} value={step.done ?? 0} />
      ) : step.note === undefined ? null : (
        <span class="step-more muted small">{step.note}</span>
      )}
    </li>
  );
}

function amountText({ state, done = 0, total, unit, beganAt, endedAt }: ToldStep): string {
  if (state !== 'running') return endedAt === undefined ? '' : formatDuration(Date.parse(endedAt) - Date.parse(beganAt));
  const show = (count: number): string => (unit === 'bytes' ? formatBytes(count) : formatCount(count));
  const name = unit === undefined || unit === 'bytes' ? '' : ` ${unit}`;
  return total === undefined ? (done === 0 ? '' : `${show(done)}${name}`) : `${show(done)} of ${show(total)}${name}`;
}
