import { z } from 'zod';
import { jobs, runRecordSchema, runTriggers } from '../../domain/run-record.ts';
import type { ProgressUnit } from '../../foundation/progress.ts';
import { roles } from './command-gate.ts';

const progressUnits = ['bytes', 'files', 'entries', 'objects', 'backends'] as const satisfies readonly ProgressUnit[];
const time = z.iso.datetime();
const job = z.enum(jobs);
const word = z
  .string()
  .max(4096)
  // A program cannot be given a word with such a character.
  // oxlint-disable-next-line no-control-regex -- it is what has to be refused; in this spelling every reader of the description knows it
  .regex(/^[^\u0000]*$/);
const words = z.array(word).max(200);
const optionalWords = words.default([]);

const progressEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin'), step: z.string(), total: z.number().optional(), unit: z.enum(progressUnits).optional() }),
  z.object({ kind: z.literal('advance'), step: z.string(), done: z.number(), total: z.number().optional() }),
  z.object({ kind: z.literal('end'), step: z.string(), note: z.string().optional(), isBad: z.boolean().optional() }),
  z.object({ kind: z.literal('note'), level: z.enum(['info', 'warning']), text: z.string() }),
]);

const activeRun = z.object({
  id: z.string(),
  job,
  words: z.array(z.string()),
  trigger: z.enum(runTriggers),
  by: z.string().optional(),
  slot: z.string().optional(),
  attempt: z.int().positive(),
  state: z.enum(['queued', 'running']),
  queuedAt: time,
  beganAt: time.optional(),
  progress: z.array(progressEvent).describe('the last thing that each step under way told'),
});

const endedRun = runRecordSchema.extend({ state: z.literal('ended') });
const run = z.union([activeRun, endedRun]);

const jobStatus = z.object({
  job,
  schedule: z.string().optional().describe('the cron expression; absent where it has no schedule'),
  timeZone: z.string(),
  nextAt: time.optional().describe('when its next run is due, with the jitter'),
  expectedIntervalSeconds: z.number().optional(),
  isLeader: z.boolean(),
  leader: z.string().optional(),
  last: runRecordSchema.optional(),
  lastSuccess: runRecordSchema.optional(),
});

const snapshot = z.looseObject({
  id: z.string(),
  time: z.string(),
  server: z.string(),
  backupId: z.string(),
  backends: z.array(z.string()),
  bytes: z.number(),
  state: z.enum(['complete', 'suspicious', 'unlisted', 'damaged']),
  remarks: z.array(z.string()),
  provenAt: z.string().optional(),
});

const output = z.object({
  kind: z.literal('output'),
  stream: z.enum(['stdout', 'stderr']),
  text: z.string().optional().describe('the bytes, where they are UTF-8'),
  base64: z.string().optional().describe('the bytes, where they are not'),
});

/** The documents of the API by their names in its OpenAPI description. */
export const apiSchemas = {
  Failure: z.object({
    code: z.string().regex(/^E_[A-Z0-9_]+$/),
    message: z.string(),
    hint: z.string().optional(),
    exitCode: z.int().describe('with which the command would have ended'),
  }),
  Health: z.object({ isAlive: z.literal(true) }),
  Readiness: z.object({ isReady: z.boolean(), trouble: z.string().optional() }),
  Status: z.object({
    name: z.string(),
    group: z.string(),
    startedAt: time,
    state: z.enum(['running', 'stopping']),
    trouble: z.string().optional().describe('what is in the way of its work'),
    jobs: z.array(jobStatus),
    active: z.array(activeRun),
    reloadFailure: z.string().optional(),
    version: z.string().describe('of rootcellar'),
    role: z.enum(roles).describe('of the token that asks'),
  }),
  RunRecord: runRecordSchema,
  Runs: z.object({ runs: z.array(runRecordSchema) }),
  Run: run,
  RunEvent: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('run'), run: activeRun }),
    z.object({ kind: z.literal('progress'), event: progressEvent }),
    z.object({ kind: z.literal('end'), run: endedRun }),
  ]),
  RunRequest: z.strictObject({ job, words: optionalWords.describe('further words of the command') }),
  Canceled: z.object({ isCanceled: z.literal(true) }),
  Snapshots: z.array(snapshot),
  Snapshot: snapshot,
  PlanRequest: z.strictObject({ words: optionalWords.describe('further words of the command: for restore the snapshot, and options') }),
  Plan: z.looseObject({ isDone: z.literal(false) }),
  CommandRequest: z.strictObject({ words: words.min(1).describe('the command line, without the name of the program') }),
  CommandEvent: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('begin'), id: z.string(), command: z.string() }),
    output,
    z.object({ kind: z.literal('alive') }),
    z.object({
      kind: z.literal('end'),
      exitCode: z.int().nullable().describe('null where a signal killed it'),
      killedBy: z.string().nullable(),
    }),
    z.object({ kind: z.literal('failure'), code: z.string(), message: z.string(), hint: z.string().optional(), exitCode: z.int() }),
  ]),
  OpenApi: z.looseObject({ openapi: z.string() }),
} as const;

export type SchemaName = keyof typeof apiSchemas;
export type CommandEvent = z.output<(typeof apiSchemas)['CommandEvent']>;
export type RunEvent = z.output<(typeof apiSchemas)['RunEvent']>;
export type Run = z.output<typeof run>;

/** What `GET /api/v1/runs` takes. */
export const runsQuery = z.strictObject({
  job: job.optional().describe('only runs of this job'),
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe('how many at most'),
});

export const snapshotsQuery = z.strictObject({ server: word.min(1).optional().describe('only snapshots of this server') });
