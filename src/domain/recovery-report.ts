import { z } from 'zod';

/** How one base DN of one server was found after a restore. */
const proofSchema = z.object({
  /** Which replica: its name in the topology, or the location of a single server. */
  server: z.string(),
  backend: z.string(),
  baseDn: z.string(),
  /** `entries`: every entry was compared by its digest · `counts`: only the number of entries · `none`: the set has nothing to compare with. */
  by: z.enum(['entries', 'counts', 'none']),
  state: z.enum(['equal', 'different', 'unknown']),
  expectedEntries: z.number().int().nonnegative().optional(),
  foundEntries: z.number().int().nonnegative().optional(),
  /** Hexadecimal digests over all entries; equal when all entries are. */
  expectedDigest: z.string().optional(),
  foundDigest: z.string().optional(),
  /** How many entries differ, and of them the first, so that nothing is averaged away. `changed-meanwhile`: written while the backup ran, and so no fault. */
  differences: z.number().int().nonnegative().optional(),
  changedMeanwhile: z.number().int().nonnegative().optional(),
  examples: z
    .array(z.object({ dn: z.string(), difference: z.enum(['missing', 'unexpected', 'different', 'changed-meanwhile']) }))
    .optional(),
});

/** What came of one restore or drill of a snapshot: kept in the archive beside it. Version 1. */
export const recoveryReportSchema = z.object({
  version: z.literal(1),
  kind: z.enum(['restore', 'drill']),
  /** `proven`: every entry or count was compared, and equal · `unproven`: it came back, and the comparison says otherwise, or there was nothing to compare with, or only the set's export was tried · `failed`: it did not come back. */
  outcome: z.enum(['proven', 'unproven', 'failed']),
  /** The snapshot's full ID. */
  snapshot: z.string(),
  backupId: z.string(),
  server: z.string(),
  /** RFC 3339, UTC: when it began. */
  time: z.iso.datetime(),
  milliseconds: z.number().nonnegative(),
  program: z.string(),
  /** `OpenDJ 5.0.3 at ldaps://…`. */
  target: z.string(),
  /** What was done, in order, each with its time. */
  steps: z.array(z.object({ name: z.string(), milliseconds: z.number().nonnegative() })),
  proofs: z.array(proofSchema),
  /** What the operator's own queries said, in a drill. */
  assertions: z.array(z.object({ name: z.string(), isMet: z.boolean(), finding: z.string().optional() })).optional(),
  /** One sentence, when it was not proven. */
  reason: z.string().optional(),
});

export type RecoveryReport = z.infer<typeof recoveryReportSchema>;
export type EntryProof = RecoveryReport['proofs'][number];
