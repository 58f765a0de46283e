import { formatCount } from '../foundation/counts.ts';
import { formatDuration } from '../foundation/durations.ts';
import type { ProgressEvent, ProgressUnit } from '../foundation/progress.ts';
import { formatBytes } from '../foundation/sizes.ts';

/** One step that is under way. */
export interface Step {
  readonly name: string;
  readonly unit: ProgressUnit | undefined;
  readonly beganAt: number;
  readonly total: number | undefined;
  readonly done: number;
}

/** What a terminal shows: the plan was shown before the question. */
export type ShownEvent = Exclude<ProgressEvent, { kind: 'plan' | 'stage' }>;

/** Follows the events of steps; `at` is milliseconds of any origin. Returns the step that the event was about, after it. */
export class StepTracker {
  readonly #steps = new Map<string, Step>();

  follow(event: ShownEvent, at: number): Step | undefined {
    if (event.kind === 'note') return undefined;
    const known = this.#steps.get(event.step) ?? { name: event.step, unit: undefined, beganAt: at, total: undefined, done: 0 };
    const step = nextStep(known, event, at);
    if (event.kind === 'end') this.#steps.delete(event.step);
    else this.#steps.set(event.step, step);
    return step;
  }

  /** In the order in which they began. */
  get underWay(): readonly Step[] {
    return [...this.#steps.values()];
  }
}

function nextStep(step: Step, event: Extract<ProgressEvent, { readonly step: string }>, at: number): Step {
  switch (event.kind) {
    case 'begin':
      return { ...step, beganAt: at, unit: event.unit, total: event.total, done: 0 };
    case 'advance':
      return { ...step, done: event.done, total: event.total ?? step.total };
    case 'end':
      return step;
  }
}

/** `120 MiB of 700 MiB (17 %), 12.0 MiB/s, 48.0 s left`; only what can be known. */
export function describeAdvance({ unit, done, total, beganAt }: Step, at: number): string {
  const show = (amount: number): string => formatAmount(amount, unit);
  const parts = [total === undefined ? show(done) : `${show(done)} of ${show(total)}${percent(done, total)}`];
  const seconds = (at - beganAt) / 1000;
  if (seconds < 1 || done === 0) return parts.join('');
  if (unit === 'bytes') parts.push(`${formatBytes(done / seconds)}/s`);
  if (total !== undefined && done < total) parts.push(`${formatDuration(((total - done) / done) * seconds * 1000)} left`);
  return parts.join(', ');
}

/** `700 MiB in 58.0 s`: what a step came to. */
export function describeEnd({ unit, done, beganAt }: Step, at: number): string {
  const time = formatDuration(at - beganAt);
  return done === 0 ? time : `${formatAmount(done, unit)} in ${time}`;
}

function formatAmount(amount: number, unit: ProgressUnit | undefined): string {
  if (unit === 'bytes') return formatBytes(amount);
  const number = formatCount(amount);
  if (unit === undefined) return number;
  return `${number} ${amount === 1 ? singular[unit] : unit}`;
}

const singular = { bytes: 'byte', files: 'file', entries: 'entry', objects: 'object', backends: 'backend' } as const;

function percent(done: number, total: number): string {
  return total > 0 ? ` (${Math.min(100, Math.floor((done / total) * 100))} %)` : '';
}
