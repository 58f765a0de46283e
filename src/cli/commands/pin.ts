import { askedByVariable, supervisedVariable } from '../../config/config-environment.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import { hasEnded, mostReasonCharacters, type Pin, pinReasonSchema } from '../../domain/pin.ts';
import { parseDuration } from '../../foundation/durations.ts';
import { wrongUsage } from '../../foundation/failure.ts';
import { defineCommand } from '../define-command.ts';
import { findOne, snapshotArgument } from '../find-one.ts';
import { printable } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { formatTime } from '../snapshot-text.ts';

export const pinCommand = defineCommand({
  name: 'pin',
  summary: 'Keep a snapshot from being forgotten',
  description:
    'Pins a snapshot: no retention rule drops it, and "forget" refuses its ID, until it is unpinned or until the time of --until. A snapshot that is pinned ' +
    'already gets the new reason and end in place of its own.\n\n' +
    'A pin is a small object beside the snapshots. A stock restic does not know of it: its "forget" drops the snapshot all the same. Nor is the store kept from ' +
    'anything by it; that is what Object Lock is for.',
  arguments: { id: snapshotArgument },
  options: {
    reason: { type: 'text', placeholder: 'TEXT', summary: `why, in one line of at most ${mostReasonCharacters} characters` },
    until: {
      type: 'text',
      placeholder: 'TIME',
      summary: 'when it ends: a duration from now such as 30d, a date (its beginning, UTC), or a time such as 2027-01-31T12:00:00Z',
    },
    server: serverOption,
  },
  examples: [
    { line: 'rootcellar pin latest --reason "before the migration" --until 30d', summary: 'for a month' },
    { line: 'rootcellar pin 3f2a', summary: 'until it is unpinned' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'busy', 'interrupted'],
  run: async ({ id, reason, until, server }, context) => {
    const now = context.clock.now();
    const told = { reason: reasonOf(reason), until: until === undefined ? undefined : endOf(until, now) };
    const { userName, hostName } = await context.parts();
    const { archive, snapshot } = await findOne(id, server, context);
    const pin: Pin = {
      at: now.toISOString(),
      by: nameOf(userName, hostName, context.process.environment),
      ...(told.reason !== undefined && { reason: told.reason }),
      ...(told.until !== undefined && { until: told.until }),
    };
    await (await archive.pins(context)).pin(snapshot, pin, context);
    return { snapshot: { ...snapshot, pinned: pin }, replaced: snapshot.pinned };
  },
  render: ({ snapshot, replaced }, { look }) => {
    const { pinned } = snapshot;
    const until = pinned.until === undefined ? 'until it is unpinned' : `until ${formatTime(pinned.until)} UTC`;
    const before =
      replaced === undefined ? '' : ` It was pinned already${replaced.damage === undefined ? ` (${printable(replaced.by)})` : ''}.`;
    return `${look.green('Pinned')} snapshot ${look.bold(shortId(snapshot.id))} of ${printable(snapshot.server)} ${until}.${before}`;
  },
  json: ({ snapshot, replaced }) => ({ ...snapshot, replaced: replaced ?? null }),
});

/** As pins have it; a name with control characters is not told. What an agent runs is done by whoever asked it. */
function nameOf(user: string, host: string, environment: Readonly<Record<string, string | undefined>>): string {
  const asked = environment[supervisedVariable] === undefined ? undefined : environment[askedByVariable];
  const name = asked === undefined ? `${user}@${host}` : `${asked} at ${host}`;
  return name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?').slice(0, 200);
}

function reasonOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { data, error } = pinReasonSchema.safeParse(text);
  if (data !== undefined) return data;
  throw wrongUsage(
    `Cannot use the reason of --reason: ${error?.issues[0]?.message}`,
    `give one line of at most ${mostReasonCharacters} characters`,
  );
}

/** RFC 3339, UTC. */
function endOf(text: string, now: Date): string {
  const end = momentOf(text, now);
  const hint = 'give a duration such as 30d, a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z';
  if (end === undefined) throw wrongUsage(`Cannot use --until: "${printable(text)}" is neither a time nor a duration`, hint);
  if (hasEnded({ until: end }, now)) throw wrongUsage(`Cannot use --until: ${end} is not in the future`, hint);
  return end;
}

function momentOf(text: string, now: Date): string | undefined {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return timeOf(now.getTime() + milliseconds);
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  return isTime && isDayThere(text) ? timeOf(Date.parse(text)) : undefined;
}

/** Undefined beyond the year 9999, which RFC 3339 does not write. */
function timeOf(milliseconds: number): string | undefined {
  if (Number.isNaN(milliseconds) || milliseconds >= Date.UTC(10_000, 0)) return undefined;
  return new Date(milliseconds).toISOString();
}

/** Date.parse() takes the 31st of February for a day of March. */
function isDayThere(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}
