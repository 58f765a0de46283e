import { isLocked, type ListedSnapshot } from '../../../api/snapshots.ts';

/** What the snapshots of one day come to. */
export interface DaySummary {
  /** `2026-11-26` in the reader's time zone. */
  readonly day: string;
  /** The newest first. */
  readonly snapshots: readonly ListedSnapshot[];
  readonly worst: ListedSnapshot['state'];
  readonly proven: number;
  readonly pinned: number;
  readonly locked: number;
}

/** From the best to the worst. */
const states = ['complete', 'unlisted', 'suspicious', 'damaged'] as const satisfies readonly ListedSnapshot['state'][];

/** 0 is the best. */
export function stateRank(state: ListedSnapshot['state']): number {
  return states.indexOf(state);
}

/** RFC 3339 → the day in the reader's time zone. */
export function dayOf(time: string): string {
  const at = new Date(time);
  return `${padded(at.getFullYear(), 4)}-${padded(at.getMonth() + 1, 2)}-${padded(at.getDate(), 2)}`;
}

/** The days that have snapshots. `snapshots` are the newest first, and `now` is in milliseconds. */
export function daysOf(snapshots: readonly ListedSnapshot[], now: number): ReadonlyMap<string, DaySummary> {
  const days = Map.groupBy(snapshots, ({ time }) => dayOf(time));
  return new Map([...days].map(([day, own]) => [day, summaryOf(day, own, now)]));
}

function summaryOf(day: string, snapshots: readonly ListedSnapshot[], now: number): DaySummary {
  const worst = states[Math.max(...snapshots.map(({ state }) => stateRank(state)))] ?? 'complete';
  const count = (isCounted: (one: ListedSnapshot) => boolean): number => snapshots.filter(isCounted).length;
  return {
    day,
    snapshots,
    worst,
    proven: count(({ provenAt }) => provenAt !== undefined),
    pinned: count(({ pinned }) => pinned !== undefined),
    locked: count((snapshot) => isLocked(snapshot, now)),
  };
}

/** A day's facts as a clause: `3 snapshots, the worst suspicious, 1 proven, 2 locked`. */
export function summaryText(summary: DaySummary | undefined): string {
  if (summary === undefined) return 'no snapshot';
  const { snapshots, worst, proven, pinned, locked } = summary;
  const state = snapshots.length === 1 ? worst : worst === 'complete' ? 'all complete' : `the worst ${worst}`;
  const facts = Object.entries({ proven, pinned, locked }).filter(([, count]) => count > 0);
  return [
    snapshots.length === 1 ? '1 snapshot' : `${snapshots.length} snapshots`,
    state,
    ...facts.map(([fact, count]) => (snapshots.length === 1 ? fact : `${count} ${fact}`)),
  ].join(', ');
}

/** The weeks of a month (`2026-11`) from Monday to Sunday; undefined for days of the months beside it. */
export function weeksOf(month: string): readonly (readonly (string | undefined)[])[] {
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const before = weekdayOf(first);
  const days = new Date(Date.UTC(new Date(first).getUTCFullYear(), new Date(first).getUTCMonth() + 1, 0)).getUTCDate();
  const weeks: (string | undefined)[][] = [];
  for (let at = 0; at < before + days; at += 7)
    weeks.push(
      Array.from({ length: 7 }, (_, column) => {
        const date = at + column - before + 1;
        return date < 1 || date > days ? undefined : `${month}-${padded(date, 2)}`;
      }),
    );
  return weeks;
}

/** The month (`2026-11`) so many months on. */
export function monthAfter(month: string, months: number): string {
  const first = new Date(`${month}-01T00:00:00Z`);
  first.setUTCMonth(first.getUTCMonth() + months);
  return first.toISOString().slice(0, 7);
}

/**
 * The day to which a key leads in a calendar: arrows by days and weeks, Home and End to the ends of the week, Page Up and Page Down by months, to the
 * month's last day where it is shorter. Undefined for another key.
 */
export function dayAfterKey(day: string, key: string): string | undefined {
  const weekday = weekdayOf(Date.parse(`${day}T00:00:00Z`));
  const steps = new Map([
    ['ArrowLeft', -1],
    ['ArrowRight', 1],
    ['ArrowUp', -7],
    ['ArrowDown', 7],
    ['Home', -weekday],
    ['End', 6 - weekday],
  ]);
  const step = steps.get(key);
  if (step !== undefined) return new Date(Date.parse(`${day}T00:00:00Z`) + step * 86_400_000).toISOString().slice(0, 10);
  return key === 'PageUp' || key === 'PageDown' ? sameDateIn(monthAfter(day.slice(0, 7), key === 'PageUp' ? -1 : 1), day) : undefined;
}

/** The day of another month with the same date, or the month's last one. */
export function sameDateIn(month: string, day: string): string {
  const days = weeksOf(month)
    .flat()
    .filter((one) => one !== undefined);
  return days.findLast((one) => one.slice(8) <= day.slice(8)) ?? `${month}-01`;
}

/** 0 is Monday. */
function weekdayOf(time: number): number {
  return (new Date(time).getUTCDay() + 6) % 7;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
