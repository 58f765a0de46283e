import { formatDuration } from '../../foundation/durations.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import type { Notification, NotificationContent } from './notification.ts';

/** Puts a notification into words: a title, and what one needs to know at night before one opens a terminal. */
export function inWords(content: NotificationContent): Notification {
  return { ...content, title: titleOf(content), text: linesOf(content).join('\n') };
}

function titleOf({ kind, command, group, isRepeated }: NotificationContent): string {
  switch (kind) {
    case 'failure':
      return `${command} of ${group} ${isRepeated ? 'still fails' : 'failed'}`;
    case 'partial':
      return `${command} of ${group} ${isRepeated ? 'still needs' : 'needs'} a look`;
    case 'recovery':
      return `${command} of ${group} succeeds again`;
  }
}

function linesOf(content: NotificationContent): readonly string[] {
  const { kind, reasons, agent, attempts, run, endedAt, since, runsSince, isRepeated } = content;
  const codes = [...new Set(reasons.map(({ code }) => code).filter((code) => code !== undefined))];
  const tries = attempts === 1 ? '' : `, after ${attempts} attempts`;
  const ends = { failure: 'Failed', partial: 'Done, but not as it should be', recovery: 'Succeeded' } as const;
  return [
    `${ends[kind]} on ${agent} at ${timeText(endedAt)}${tries}.`,
    ...reasons.flatMap(({ message, hint }) => [`${message}.`, ...(hint === undefined ? [] : [`→ ${hint}`])]),
    ...codes.map((code) => `What to do: rootcellar explain ${code}`),
    ...(kind === 'recovery' || isRepeated
      ? [`Without a success since ${timeText(since)}: ${runsSince} ${runsSince === 1 ? 'run' : 'runs'}.`]
      : []),
    lastGoodLine(content),
    `Run: ${run}`,
  ];
}

function lastGoodLine({ lastGood }: NotificationContent): string {
  if (lastGood === null) return 'Last good backup: none is known.';
  const { id, server, time, ageSeconds } = lastGood;
  return `Last good backup: ${shortId(id)} of ${server}, ${timeText(time)}, ${formatDuration(ageSeconds * 1000)} ago.`;
}

function timeText(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
