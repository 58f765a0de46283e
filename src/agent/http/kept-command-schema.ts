import { z } from 'zod';
import { roles } from './command-gate.ts';
import { plannedStage, progressEvent, progressUnits } from '../progress-schema.ts';

const time = z.iso.datetime();

/** A command that goes on without its client, as the API shows it. */
export const keptCommand = z.object({
  id: z.string(),
  name: z.string().describe('`restore`, `entry undo`'),
  words: z.array(z.string()).readonly().describe('as they were understood, from the name on'),
  role: z.enum(roles).describe('who may see and cancel it: this role, and those above'),
  by: z.string().describe('who asked for it'),
  state: z.enum(['running', 'ended']),
  beganAt: time,
  endedAt: time.optional(),
  exitCode: z.int().optional().describe('absent while it runs, and where a signal killed it'),
  failure: z.object({ code: z.string(), message: z.string(), hint: z.string().optional(), exitCode: z.int() }).optional(),
  result: z.unknown().optional().describe('the document that it printed; not in lists, and not where it is larger than 1 MiB'),
  stages: z.array(plannedStage).readonly().optional().describe('what it plans to do, in order; of a restore, once that is decided'),
  stage: z.string().optional().describe('the key of the stage that it came to; those before it are over'),
  steps: z
    .array(
      z.object({
        step: z.string(),
        state: z.enum(['running', 'done', 'bad']),
        beganAt: time,
        endedAt: time.optional(),
        done: z.number().optional(),
        total: z.number().optional(),
        unit: z.enum(progressUnits).optional(),
        note: z.string().optional(),
      }),
    )
    .readonly()
    .describe('in the order of their beginnings, each name once as it was last; the last 200'),
  notes: z
    .array(z.object({ level: z.enum(['info', 'warning']), text: z.string() }))
    .readonly()
    .describe('what it said, the oldest first; the last 200'),
});

export const keptCommandEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('command'), command: keptCommand }),
  z.object({ kind: z.literal('progress'), event: progressEvent }),
  z.object({ kind: z.literal('end'), command: keptCommand }),
]);
