import { z } from 'zod';
import { auditEntrySchema } from '../../domain/audit-entry.ts';
import { jobs, runRecordSchema, runTriggers } from '../../domain/run-record.ts';
import { roles } from './command-gate.ts';
import { keptCommand, keptCommandEvent } from './kept-command-schema.ts';
import { overview } from './overview-schema.ts';
import { progressEvent } from '../progress-schema.ts';
import { waysIn } from './who/who.ts';

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
  pinned: z
    .object({
      at: z.string(),
      by: z.string(),
      reason: z.string().optional(),
      until: z.string().optional(),
      damage: z.string().optional().describe('where its document is damaged, which holds all the same'),
    })
    .optional()
    .describe('where no forget drops it'),
  lockedUntil: z.string().optional().describe('by Object Lock, as it is remembered; only of one snapshot'),
});

/** As `list --json` has it, and what the agent knows besides. */
const listedSnapshot = snapshot.extend({
  entries: z.number().optional().describe('of the directory, where the run that made it told'),
  newBytes: z.number().optional().describe('that the archive did not have before, where the run that made it told'),
  lockedUntil: z.string().optional().describe('at the least, as the last verification that looked found it'),
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
    role: z.enum(roles).describe('of who asks'),
  }),
  Session: z.object({
    isSignedIn: z.boolean().describe('whether the agent knows who asks; also true where it lets anybody in'),
    name: z.string().optional(),
    role: z.enum(roles).optional(),
    via: z.enum(waysIn).optional(),
    expiresAt: time.optional().describe('when the session ends unless it is used'),
    csrfToken: z.string().optional().describe('to send as X-Rootcellar-Csrf with all that changes something'),
    waysToSignIn: z.array(z.enum(['token', 'oidc'])),
    oidcTitle: z.string().optional().describe('what the OpenID provider is called'),
    agent: z.string(),
    group: z.string(),
    version: z.string().optional().describe('of rootcellar; told to those who are signed in'),
  }),
  SignInRequest: z.strictObject({ token: z.string().min(1).max(4096) }),
  Audit: z.object({ entries: z.array(auditEntrySchema) }),
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
  Overview: overview,
  Snapshots: z.array(listedSnapshot),
  Snapshot: snapshot,
  PlanRequest: z.strictObject({ words: optionalWords.describe('further words of the command: for restore the snapshot, and options') }),
  Plan: z.looseObject({ isDone: z.literal(false) }),
  CommandRequest: z.strictObject({
    words: words.min(1).describe('the command line, without the name of the program'),
    isKept: z.boolean().default(false).describe('it goes on when the client goes, and can be looked at until a day after its end'),
  }),
  KeptCommand: keptCommand,
  KeptCommands: z.object({ commands: z.array(keptCommand) }),
  KeptCommandEvent: keptCommandEvent,
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
export type KeptCommandDocument = z.output<typeof keptCommand>;
export type KeptCommandEvent = z.output<typeof keptCommandEvent>;
export type Overview = z.output<typeof overview>;
export type RunEvent = z.output<(typeof apiSchemas)['RunEvent']>;
export type Run = z.output<typeof run>;

/** What `GET /api/v1/runs` takes. */
export const runsQuery = z.strictObject({
  job: job.optional().describe('only runs of this job'),
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe('how many at most'),
});

/** What `GET /api/v1/audit` takes. */
export const auditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(100).describe('how many at most'),
  before: z.string().max(100).optional().describe('only entries before the one of this ID'),
});

export const snapshotsQuery = z.strictObject({ server: word.min(1).optional().describe('only snapshots of this server') });
