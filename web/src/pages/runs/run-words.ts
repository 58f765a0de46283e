import type { Job } from '../../api/runs.ts';

/** How much a verify reads. */
export type VerifyReading = 'schedule' | 'all' | 'part';

export interface RunChoices {
  readonly reading: VerifyReading;
  readonly part: string;
  readonly isAccepted: boolean;
}

/** The words of the command beside its name; none: as the schedule does it. */
export function wordsOfRun(job: Job, { reading, part, isAccepted }: RunChoices): readonly string[] {
  if (job === 'backup') return isAccepted ? ['--accept'] : [];
  if (job !== 'verify' || reading === 'schedule') return [];
  return reading === 'all' ? ['--read-data'] : ['--read-data-subset', part.trim()];
}

/** Tells whether it can be a part as `--read-data-subset` has it; the agent has the last word. */
export function isPart(text: string): boolean {
  return /^(today\/\d+|\d+\/\d+|\d+(\.\d+)?%|\d+(\.\d+)? ?[KMGT]i?B)$/.test(text.trim());
}
