import type { Job, RunOutcome } from '../../../../src/domain/run-record.ts';

export type TimelineRow = 'snapshots' | Job;

export const timelineRows: readonly TimelineRow[] = ['snapshots', 'backup', 'verify', 'drill', 'forget', 'prune'];

/** `good`, `part` and `bad` as a run's outcome; `none`: canceled or passed over. A snapshot is `good` when it is complete, otherwise `part` or `bad`. */
export type MarkForm = 'good' | 'part' | 'bad' | 'none';

export interface TimelineEvent {
  readonly row: TimelineRow;
  /** Of the run or the snapshot. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly form: MarkForm;
}

/** One drawing: one event, or several of the same form that would lie on each other. */
export interface TimelineMark {
  readonly row: TimelineRow;
  readonly form: MarkForm;
  /** Its middle, from the left. */
  readonly x: number;
  /** The oldest first. */
  readonly events: readonly TimelineEvent[];
}

export interface TimelineSpan {
  /** Milliseconds since 1970; `from` is before `to`. */
  readonly from: number;
  readonly to: number;
  /** Of the part with the marks. */
  readonly width: number;
}

/** Nearer than this, marks of one form are one. */
const leastPixels = 9;

const formsFromBelow: readonly MarkForm[] = ['good', 'none', 'part', 'bad'];

/** The marks of all rows; those of failures are the last, so that they are drawn above all others and no success covers one. */
export function layOutTimeline(events: readonly TimelineEvent[], span: TimelineSpan): readonly TimelineMark[] {
  const inSpan = events.filter(({ time }) => time >= span.from && time <= span.to).toSorted((a, b) => a.time - b.time);
  return formsFromBelow.flatMap((form) =>
    timelineRows.flatMap((row) => {
      const own = inSpan.filter((event) => event.row === row && event.form === form);
      return gathered(own, span).map((group): TimelineMark => ({ row, form, x: middleOf(group, span), events: group }));
    }),
  );
}

/** Each group is no wider than `leastPixels`, so that it stands where its events were. */
function gathered(events: readonly TimelineEvent[], span: TimelineSpan): TimelineEvent[][] {
  const groups: TimelineEvent[][] = [];
  let begin = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    const x = xOf(event.time, span);
    const last = groups.at(-1);
    if (last !== undefined && x - begin < leastPixels) last.push(event);
    else {
      groups.push([event]);
      begin = x;
    }
  }
  return groups;
}

function middleOf(group: readonly TimelineEvent[], span: TimelineSpan): number {
  const [first] = group;
  const last = group.at(-1);
  return first === undefined || last === undefined ? 0 : (xOf(first.time, span) + xOf(last.time, span)) / 2;
}

export function xOf(time: number, { from, to, width }: TimelineSpan): number {
  return ((time - from) / (to - from)) * width;
}

const day = 86_400_000;

/**
 * The midnights, of a clock that is `offsetMinutes` behind UTC as `Date.getTimezoneOffset()` has it, that are told below: each, each second, … so that at
 * most `most` are.
 */
export function dayTicks({ from, to }: TimelineSpan, most: number, offsetMinutes: (time: number) => number): readonly number[] {
  const offset = (time: number): number => offsetMinutes(time) * 60_000;
  const first = Math.ceil((from - offset(from)) / day);
  const last = Math.floor((to - offset(to)) / day);
  const every = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, most)));
  const ticks: number[] = [];
  for (let index = last; index >= first; index -= every) ticks.unshift(index * day + offset(index * day));
  return ticks.filter((time) => time >= from && time <= to);
}

export function formOfRun(outcome: RunOutcome): MarkForm {
  switch (outcome) {
    case 'success':
      return 'good';
    case 'partial':
      return 'part';
    case 'failure':
      return 'bad';
    case 'canceled':
    case 'skipped':
      return 'none';
  }
}
