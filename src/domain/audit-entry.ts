import { z } from 'zod';
import { compactTime } from './compact-time.ts';

/**
 * `begun`: it goes on, or nobody saw its end · `allowed`: done · `refused`: nobody may, or not this one · `failed`: it was begun and did not succeed ·
 * `canceled`: it was stopped.
 */
export const auditOutcomes = ['begun', 'allowed', 'refused', 'failed', 'canceled'] as const;

export type AuditOutcome = (typeof auditOutcomes)[number];

/** One thing that somebody did by the API of an agent, or tried to. Holds no secret, but names of entries where somebody asked for them. */
export const auditEntrySchema = z.object({
  /** Unique; sorts by the time. */
  id: z.string().regex(/^\d{8}T\d{9}Z-[0-9a-z]{6}$/),
  /** RFC 3339, UTC. */
  time: z.iso.datetime(),
  /** The agent that was asked. */
  agent: z.string(),
  /** Role and way are missing for those whom nobody knows. */
  who: z.object({ name: z.string(), role: z.string().optional(), via: z.string().optional() }),
  /** The address that it came from. */
  from: z.string().optional(),
  /** The command, or `sign in`, `sign out`, `run JOB`, `cancel`; of a request that was refused before it was understood, its method and path. */
  action: z.string(),
  /** What it was done to: a run, a command. */
  target: z.string().optional(),
  /** The words of the command, without what could be a secret. */
  words: z.array(z.string()).readonly().optional(),
  outcome: z.enum(auditOutcomes),
  /** A sentence about it. */
  detail: z.string().optional(),
});

export type AuditEntry = z.output<typeof auditEntrySchema>;

/** `random`: from 0 up to, not including, 1. */
export function newAuditId(time: Date, random: number): string {
  const digits = Math.floor(random * 36 ** 6).toString(36);
  return `${compactTime(time.toISOString())}-${digits.padStart(6, '0')}`;
}
