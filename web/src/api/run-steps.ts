import type { Run } from '../../../src/agent/http/api-schemas.ts';
import type { ProgressEvent } from '../../../src/foundation/progress.ts';
import { afterProgress, type ToldStep } from '../../../src/foundation/told-progress.ts';
import type { KeptCommand } from './kept-commands.ts';

/** What a run that is followed told since; of steps that had begun before, only how far they were. */
export type ToldOfRun = Pick<KeptCommand, 'notes'> & { readonly steps: readonly RunStep[] };

export interface RunStep extends ToldStep {
  /** It had begun before one looked, so nobody knows when. */
  readonly isFromBefore?: true;
}

/** After the run itself was told, at the first connection or at a later one. Steps that are under way no longer have come to their end meanwhile. */
export function afterRun({ steps, notes }: ToldOfRun, run: Run, time: string): ToldOfRun {
  const underWay = run.state === 'ended' ? [] : run.progress;
  const isUnderWay = (name: string): boolean => underWay.some((event) => 'step' in event && event.step === name);
  const isBad = run.state === 'ended' && run.outcome !== 'success' && run.outcome !== 'partial';
  let told: ToldOfRun = {
    steps: steps.map((step) => (step.state !== 'running' || isUnderWay(step.step) ? step : { ...step, state: isBad ? 'bad' : 'done' })),
    notes,
  };
  for (const event of underWay) {
    if (event.kind !== 'begin' && event.kind !== 'advance') continue;
    if (told.steps.some(({ step, state }) => step === event.step && state === 'running')) {
      if (event.kind === 'advance') told = afterEvent(told, event, time);
      continue;
    }
    const { step } = event;
    told = {
      ...told,
      steps: [
        ...told.steps.filter((one) => one.step !== step),
        { step, state: 'running', beganAt: time, isFromBefore: true, ...farOf(event) },
      ],
    };
  }
  return told;
}

function farOf(event: Extract<ProgressEvent, { kind: 'begin' | 'advance' }>): Partial<ToldStep> {
  return {
    done: event.kind === 'advance' ? event.done : 0,
    ...(event.total === undefined ? {} : { total: event.total }),
    ...(event.kind === 'begin' && event.unit !== undefined ? { unit: event.unit } : {}),
  };
}

/** After one more event. A step of which the beginning was not seen has no time that it took. */
export function afterEvent(told: ToldOfRun, event: ProgressEvent, time: string): ToldOfRun {
  const { steps, notes } = afterProgress(told, event, time);
  return {
    steps: steps.map((step: RunStep) => {
      if (step.isFromBefore !== true || step.endedAt === undefined) return step;
      const { endedAt: _, ...rest } = step;
      return rest;
    }),
    notes,
  };
}
