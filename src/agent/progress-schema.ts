import { z } from 'zod';
import type { ProgressUnit } from '../foundation/progress.ts';

export const progressUnits = ['bytes', 'files', 'entries', 'objects', 'backends'] as const satisfies readonly ProgressUnit[];

export const plannedStage = z.object({ key: z.string(), text: z.string() });

/** An event of progress, as a command tells it with `--json` and as the API tells it. */
export const progressEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begin'), step: z.string(), total: z.number().optional(), unit: z.enum(progressUnits).optional() }),
  z.object({ kind: z.literal('advance'), step: z.string(), done: z.number(), total: z.number().optional() }),
  z.object({ kind: z.literal('end'), step: z.string(), note: z.string().optional(), isBad: z.boolean().optional() }),
  z.object({ kind: z.literal('plan'), stages: z.array(plannedStage).readonly() }),
  z.object({ kind: z.literal('stage'), key: z.string() }),
  z.object({ kind: z.literal('note'), level: z.enum(['info', 'warning']), text: z.string() }),
]);
