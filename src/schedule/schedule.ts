import { Cron } from 'croner';
import { messageOf, wrongUsage } from '../foundation/failure.ts';
import { isTimeZone } from './time-zone.ts';

/** When something is due, again and again. */
export interface Schedule {
  readonly expression: string;
  readonly timeZone: string;
  /** The first time after `moment`; undefined where there is none any more. */
  next(moment: Date): Date | undefined;
  /** The last time up to and at `moment`; undefined where there was none. */
  latest(moment: Date): Date | undefined;
}

/**
 * Reads a cron expression of five fields, or `@daily` and the like, in a time zone of the IANA database.
 *
 * Daylight saving: a time that an hour's change leaves out is taken when the gap ends, one that comes twice only the first time; what runs every hour or more often
 * follows the hours as they pass. `0 0 29 2 *` is due in leap years only.
 *
 * @throws Failure E_USAGE (exit code 2) where it makes no sense or never comes
 */
export function parseSchedule(expression: string, timeZone: string): Schedule {
  const cron = parseCron(expression, timeZone);
  const schedule: Schedule = {
    expression,
    timeZone,
    next: (moment) => cron.nextRun(moment) ?? undefined,
    // The library's is the last one before.
    latest: (moment) => cron.previousRuns(1, new Date(moment.getTime() + 1))[0],
  };
  if (schedule.next(new Date(0)) === undefined) throw refused(expression, 'it never comes');
  return schedule;
}

function parseCron(expression: string, timeZone: string): Cron {
  if (!isTimeZone(timeZone)) {
    const hint = 'name one of the IANA database, such as Europe/Berlin or UTC';
    throw wrongUsage(`Cannot use the time zone "${timeZone}": this system does not know it`, hint);
  }
  try {
    return new Cron(expression, { timezone: timeZone, paused: true, mode: '5-part' });
  } catch (error) {
    throw refused(expression, messageOf(error).replace(/^CronPattern: /, ''));
  }
}

function refused(expression: string, reason: string): Error {
  return wrongUsage(
    `Cannot use the schedule "${expression}": ${reason}`,
    'write minute, hour, day of the month, month and day of the week, such as "0 */6 * * *", or none',
  );
}

/** Milliseconds between two times of the schedule: the longest pause among the next hundred, so that an alarm that waits for it is never too early. */
export function longestPause(schedule: Schedule, from: Date): number {
  let longest = 0;
  let last = schedule.next(from);
  for (let times = 0; times < 100 && last !== undefined; times += 1) {
    const next = schedule.next(last);
    if (next !== undefined) longest = Math.max(longest, next.getTime() - last.getTime());
    last = next;
  }
  return longest;
}
