import { z } from 'zod';

const time = z.iso.datetime();
const runbook = z
  .string()
  .optional()
  .describe('a section of docs/runbooks, `alarms.md#a-run-failed`, or a code that `rootcellar explain` knows');

const reason = z.object({
  level: z.enum(['failing', 'at-risk', 'info']),
  text: z.string().describe('one sentence'),
  hint: z.string().optional(),
  since: time.optional(),
  runbook,
});

const serverProtection = z.object({
  server: z.string(),
  state: z.enum(['protected', 'at-risk', 'failing']),
  lastGood: z.object({ id: z.string(), time }).optional(),
  lastVerified: z
    .object({ id: z.string(), at: time, how: z.enum(['restore', 'drill', 'verify']) })
    .optional()
    .describe('the last time that a good backup was looked at or brought back, and the newest that it was about'),
  snapshots: z.int(),
  bytes: z.number().describe('of all its snapshots, as restores would write them: what they share counts each time'),
});

export const overview = z.object({
  at: time,
  archive: z.object({
    location: z.string(),
    readAt: time.optional().describe('absent where it was never read'),
    trouble: z.string().optional().describe('why the last reading failed'),
  }),
  state: z.enum(['protected', 'at-risk', 'failing', 'unknown']),
  headline: z.string().describe('one sentence without a period'),
  reasons: z.array(reason).readonly().describe('the worst first'),
  servers: z.array(serverProtection).readonly(),
  alarms: z
    .array(
      z.object({
        name: z.string(),
        severity: z.enum(['critical', 'warning', 'info']),
        text: z.string(),
        since: time.optional(),
        runbook,
      }),
    )
    .readonly()
    .describe('those of the chart that this agent sees the conditions of; not those that only a monitoring over all agents can see'),
  growth: z
    .array(
      z.object({
        time,
        server: z.string(),
        snapshot: z.string(),
        bytes: z.number(),
        newBytes: z.number().optional(),
        entries: z.number().optional(),
        milliseconds: z.number().optional(),
      }),
    )
    .readonly()
    .describe('the oldest first; at most 500, of more an even choice'),
  growthOf: z.int().describe('from how many snapshots the points of growth were chosen'),
});
