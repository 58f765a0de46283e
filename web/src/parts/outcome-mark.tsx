import type { RunOutcome } from '../../../src/domain/run-record.ts';
import { Mark, type MarkKind } from './mark.tsx';

const kinds: Readonly<Record<RunOutcome, MarkKind>> = {
  success: 'good',
  partial: 'warn',
  failure: 'bad',
  canceled: 'plain',
  skipped: 'plain',
};

/** How people are told it. */
export const outcomeTexts: Readonly<Record<RunOutcome, string>> = {
  success: 'succeeded',
  partial: 'in part',
  failure: 'failed',
  canceled: 'canceled',
  skipped: 'passed over',
};

/** How a run ended. */
export function OutcomeMark({ outcome, isTriedAgain }: { readonly outcome: RunOutcome; readonly isTriedAgain?: boolean }) {
  return (
    <Mark kind={kinds[outcome]}>
      {outcomeTexts[outcome]}
      {isTriedAgain === true ? ', tried again' : ''}
    </Mark>
  );
}
