import { z } from 'zod';
import { jobs, runFailureSchema, runOutcomes, type RunRecord } from '../../domain/run-record.ts';
import { newestFirst, type Snapshot } from '../../domain/snapshot.ts';
import type { NotificationDecision } from './decide-notification.ts';

/** The document that is posted to a webhook. Version 1: fields may be added, none changes its meaning. */
export const notificationSchema = z.object({
  version: z.literal(1),
  kind: z.enum(['failure', 'partial', 'recovery']).meta({
    description:
      'failure: a run has finally failed; partial: done, and somebody should look; recovery: the first success after one of these',
  }),
  title: z.string().meta({ description: 'One line' }),
  text: z.string().meta({ description: 'All of it for people, in lines' }),
  group: z.string(),
  agent: z.string().meta({ description: 'The agent that ran it' }),
  command: z.enum(jobs),
  run: z.string().meta({ description: 'ID of the run, as in the history' }),
  outcome: z.enum(runOutcomes),
  exitCode: z.int().nullable().meta({ description: 'null where its process was killed' }),
  attempts: z.int().positive().meta({ description: 'How often it was tried' }),
  beganAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  reasons: z
    .array(runFailureSchema.partial({ code: true }))
    .meta({ description: 'Why it is not a success; `rootcellar explain CODE` says what to do. Empty of a recovery' }),
  since: z.iso.datetime().meta({ description: 'When the first run ended since which none of this command succeeded' }),
  runsSince: z.int().positive().meta({ description: 'Runs without a success, from that one on' }),
  isRepeated: z.boolean().meta({ description: 'Told before; it goes on' }),
  lastGood: z
    .object({ id: z.string(), server: z.string(), time: z.iso.datetime(), ageSeconds: z.number() })
    .nullable()
    .meta({ description: 'The newest good snapshot in the archive; null where there is none, or it is not known' }),
  log: z.array(z.string()).meta({ description: 'The last lines that the run told, at most 20' }),
});

export type Notification = z.output<typeof notificationSchema>;

export interface NotificationFacts {
  readonly record: RunRecord;
  readonly decision: NotificationDecision;
  /** Undefined where they could not be read. */
  readonly snapshots: readonly Snapshot[] | undefined;
  readonly now: Date;
}

/** All of a notification but its words. */
export type NotificationContent = Omit<Notification, 'title' | 'text'>;

export function describeNotification({ record, decision, snapshots, now }: NotificationFacts): NotificationContent {
  const { kind, since, runs, isRepeated } = decision;
  return {
    version: 1,
    kind,
    group: record.group,
    agent: record.agent,
    command: record.job,
    run: record.id,
    outcome: record.outcome,
    exitCode: record.exitCode ?? null,
    attempts: record.attempt,
    beganAt: record.beganAt,
    endedAt: record.endedAt,
    reasons: kind === 'recovery' ? [] : reasonsOf(record),
    since,
    runsSince: runs,
    isRepeated,
    lastGood: lastGoodOf(snapshots, now),
    log: kind === 'recovery' ? [] : record.log.slice(-20),
  };
}

/** In one line why a run is not a success. */
export function describeFailure(record: RunRecord): string {
  return reasonsOf(record)
    .map(({ code, message }) => (code === undefined ? message : `${code}: ${message}`))
    .join('; ');
}

/** What a command's document says of trouble, whichever command it is. */
const troubledResult = z.object({
  remarks: z.array(z.string()).catch([]).default([]),
  /** Of a drill. */
  reason: z.string().nullish().catch(null),
  /** Of a verification. */
  isWhole: z.boolean().nullish().catch(null),
  forgetFailure: runFailureSchema.nullish().catch(null),
  lockFailure: runFailureSchema.nullish().catch(null),
});

function reasonsOf({ failure, result, exitCode }: RunRecord): Notification['reasons'] {
  const { data } = troubledResult.safeParse(result);
  const reasons = [
    failure,
    ...(data?.remarks ?? []).map((message) => ({ message })),
    data?.reason ? { message: data.reason } : undefined,
    data?.isWhole === false
      ? { message: 'The archive is not whole', hint: 'run "rootcellar verify", which names what is damaged' }
      : undefined,
    data?.forgetFailure,
    data?.lockFailure,
  ].filter((reason) => reason !== undefined && reason !== null);
  if (reasons.length > 0) return reasons;
  return [{ message: exitCode === undefined ? 'Its process was killed' : `It ended with exit code ${exitCode}` }];
}

function lastGoodOf(snapshots: readonly Snapshot[] | undefined, now: Date): Notification['lastGood'] {
  const newest = snapshots?.filter(({ state }) => state === 'complete').toSorted(newestFirst)[0];
  if (newest === undefined) return null;
  const { id, server, time } = newest;
  return { id, server, time, ageSeconds: (now.getTime() - Date.parse(time)) / 1000 };
}
