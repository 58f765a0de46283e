import type { Clock } from '../foundation/clock.ts';
import { formatDuration } from '../foundation/durations.ts';
import { messageOf } from '../foundation/failure.ts';
import type { ReportProgress } from '../foundation/progress.ts';
import type { RetryTools } from '../foundation/retry.ts';

const quietMilliseconds = 5000;

/**
 * Tells the operator that requests are tried again, without a flood: nothing of a first hiccup, which is daily life of a store, and else at
 * most one note in five seconds, which counts those that were left out.
 */
export function retryNotes(report: ReportProgress, clock: Clock): NonNullable<RetryTools['onRetry']> {
  let quietUntil = -Infinity;
  let leftOut = 0;
  return (error, attempt, pauseMilliseconds) => {
    if (attempt < 2) return;
    const now = clock.now().getTime();
    if (now < quietUntil) {
      leftOut += 1;
      return;
    }
    const others = leftOut === 0 ? '' : ` (${leftOut} more like it since the last note)`;
    report({ kind: 'note', level: 'warning', text: `${messageOf(error)}; trying again in ${formatDuration(pauseMilliseconds)}${others}` });
    quietUntil = now + quietMilliseconds;
    leftOut = 0;
  };
}
