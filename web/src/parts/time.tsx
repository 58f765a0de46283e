import { formatDuration } from '../../../src/foundation/durations.ts';
import { slowNow } from '../api/now.ts';

const shown = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** RFC 3339 → the reader's own time zone and manner. */
export function timeText(at: string): string {
  return shown.format(new Date(at));
}

/** `2026-11-26 13:25:06 UTC`, as the program prints it. */
export function utcText(at: string): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A moment in the reader's time zone; the same in UTC stands in the title. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={utcText(at)}>
      {timeText(at)}
    </time>
  );
}

/** How long ago, or in how long: `2 h 5 min ago`, `in 3 min 10 s`. It goes on by itself. */
export function Age({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={`${timeText(at)} (${utcText(at)})`}>
      {ageText(at, slowNow.value)}
    </time>
  );
}

export function ageText(at: string, nowMilliseconds: number): string {
  const milliseconds = nowMilliseconds - Date.parse(at);
  if (Math.abs(milliseconds) < 10_000) return 'now';
  // Seconds of what is minutes old would only flicker.
  const rounded =
    Math.abs(milliseconds) < 60_000
      ? Math.round(Math.abs(milliseconds) / 10_000) * 10_000
      : Math.floor(Math.abs(milliseconds) / 60_000) * 60_000;
  const text = formatDuration(rounded).replace(/\.0 s$/, ' s');
  return milliseconds < 0 ? `in ${text}` : `${text} ago`;
}
