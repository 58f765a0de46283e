import type { RateOverTime } from '../foundation/rate-over-time.ts';
import { parseBytes } from '../foundation/sizes.ts';

/** A time of the day, on some days of the week, in which another rate counts. */
export interface RateWindow {
  /** The days on which it begins: 0 is Sunday. */
  readonly days: ReadonlySet<number>;
  /** Minutes since midnight by the wall clock; the end is not within it, and up to 1440. Where it is less than the beginning, it is on the next day. */
  readonly begin: number;
  readonly end: number;
  /** Undefined: without limit. */
  readonly bytesPerSecond: number | undefined;
}

const minutesOfDay = 1440;
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const windowPattern = /^(?:([a-z]{3})(?:-([a-z]{3}))? +)?(\d\d):(\d\d)-(\d\d):(\d\d) *= *(.+)$/;

/** Reads `08:00-18:00=20MiB`, `mon-fri 22:00-06:00=5MiB`, `sat 00:00-24:00=none`; undefined for anything else. */
export function parseRateWindow(text: string): RateWindow | undefined {
  const [, firstDay, lastDay, beginHour, beginMinute, endHour, endMinute, rate = ''] = windowPattern.exec(text.trim().toLowerCase()) ?? [];
  const days = daysFrom(firstDay, lastDay);
  const [begin, end] = [minuteOf(beginHour, beginMinute), minuteOf(endHour, endMinute)];
  if (days === undefined || begin === undefined || end === undefined || begin === minutesOfDay || begin === end) return undefined;
  if (rate === 'none') return { days, begin, end, bytesPerSecond: undefined };
  // A bare number is refused, as in every size; the case of its unit was lost above.
  const written = text.slice(text.indexOf('=') + 1);
  const bytesPerSecond = /\d\s*$/.test(written) ? undefined : parseBytes(written);
  return bytesPerSecond === undefined || bytesPerSecond < 1 ? undefined : { days, begin, end, bytesPerSecond };
}

/** The rate of the first window that a moment lies in, by the wall clock of the time zone; outside of all, `otherwise`. */
export function rateOverTime(windows: readonly RateWindow[], timeZone: string, otherwise: number | undefined): RateOverTime {
  const wallClock = wallClockOf(timeZone);
  return (moment) => {
    const { day, minute } = wallClock(moment);
    const window = windows.find((one) => isWithin(one, day, minute));
    return window === undefined ? otherwise : window.bytesPerSecond;
  };
}

function isWithin({ days, begin, end }: RateWindow, day: number, minute: number): boolean {
  if (begin < end) return days.has(day) && minute >= begin && minute < end;
  const dayBefore = (day + 6) % 7;
  return (days.has(day) && minute >= begin) || (days.has(dayBefore) && minute < end);
}

/** All days where none is named; `fri-mon` goes over the weekend. */
function daysFrom(first: string | undefined, last: string | undefined): ReadonlySet<number> | undefined {
  if (first === undefined) return new Set(dayNames.keys());
  const [from, to] = [first, last ?? first].map((name) => dayNames.findIndex((known) => known === name));
  if (from === undefined || to === undefined || from < 0 || to < 0) return undefined;
  return new Set(Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, index) => (from + index) % 7));
}

/** `24:00` is the end of the day. */
function minuteOf(hour: string | undefined, minute: string | undefined): number | undefined {
  const [hours, minutes] = [Number(hour), Number(minute)];
  const total = hours * 60 + minutes;
  return minutes < 60 && total <= minutesOfDay ? total : undefined;
}

/** Weekday and minute of the day in a time zone; the last minute asked for is kept, as one asks many times within it. */
function wallClockOf(timeZone: string): (moment: number) => { readonly day: number; readonly minute: number } {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  let kept = { minuteSince1970: Number.NaN, day: 0, minute: 0 };
  return (moment) => {
    const minuteSince1970 = Math.floor(moment / 60_000);
    if (minuteSince1970 !== kept.minuteSince1970) {
      const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, value]));
      const day = dayNames.findIndex((name) => name === parts.get('weekday')?.toLowerCase());
      kept = { minuteSince1970, day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
    }
    return kept;
  };
}
