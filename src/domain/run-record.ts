import { z } from 'zod';
import { compactTime } from './compact-time.ts';

/** What an agent does by its schedules. Each is the command of that name. */
export const jobs = ['backup', 'verify', 'drill', 'forget', 'prune'] as const;

export type Job = (typeof jobs)[number];

/**
 * `success`: exit code 0 · `partial`: exit code 3, done but somebody should look · `failure`: any other end, also that of a process which was killed ·
 * `canceled`: stopped by somebody, or because its agent was stopped · `skipped`: not begun, as the one before was still running.
 */
export const runOutcomes = ['success', 'partial', 'failure', 'canceled', 'skipped'] as const;

export type RunOutcome = (typeof runOutcomes)[number];

/** `schedule`: its time had come · `catch-up`: its time had passed while no agent ran · `request`: somebody asked for it · `once`: `agent --once`. */
export const runTriggers = ['schedule', 'catch-up', 'request', 'once'] as const;

export type RunTrigger = (typeof runTriggers)[number];

export const runFailureSchema = z.object({
  /** `E_…`. */
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
});

/** One run of a job, as the history in the archive keeps it. Holds no secret, and nothing of what is in the directory. */
export const runRecordSchema = z.object({
  /** Unique; sorts by the time at which it was asked for. */
  id: z.string().regex(/^\d{8}T\d{9}Z-[0-9a-z]{6}$/),
  group: z.string(),
  job: z.enum(jobs),
  /** The command's words, `['backup', '--backend', 'userRoot']`. */
  words: z.array(z.string()).readonly(),
  /** The agent that ran it. */
  agent: z.string(),
  trigger: z.enum(runTriggers),
  /** Who asked for it: the name of a person, or the role of a token. */
  by: z.string().optional(),
  /** RFC 3339, UTC: the time of the schedule that it is for. */
  slot: z.iso.datetime().optional(),
  /** From 1. */
  attempt: z.int().positive(),
  beganAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  outcome: z.enum(runOutcomes),
  /** Undefined where it was not begun, or its process was killed. */
  exitCode: z.int().optional(),
  failure: runFailureSchema.optional(),
  /** Whether another attempt follows: then this is not the end of it, and nobody need be told. */
  isTriedAgain: z.boolean().default(false),
  /** The document that the command printed with `--json`. */
  result: z.unknown().optional(),
  /** The last lines of what it told, the oldest first. */
  log: z.array(z.string()).readonly().default([]),
});

export type RunRecord = z.output<typeof runRecordSchema>;
export type RunFailure = z.output<typeof runFailureSchema>;

/** An ID for a run that is asked for at `time`. `random`: from 0 up to, not including, 1. */
export function newRunId(time: Date, random: number): string {
  const digits = Math.floor(random * 36 ** 6).toString(36);
  return `${compactTime(time.toISOString())}-${digits.padStart(6, '0')}`;
}
