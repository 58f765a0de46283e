import { z } from 'zod';
import { bytesOf, type Manifest, type ManifestFile } from '../../domain/manifest.ts';
import { stateOfSet } from '../../domain/set-state.ts';
import type { Snapshot } from '../../domain/snapshot.ts';

/** What a snapshot says of itself in its field `rootcellar`, so that none of its trees must be read to list it. */
const factsSchema = z.object({
  version: z.literal(1),
  server: z.string().min(1),
  backupId: z.string().min(1),
  time: z.iso.datetime(),
  backends: z.array(z.string()),
  bytes: z.number().int().nonnegative(),
  state: z.enum(['complete', 'suspicious', 'damaged']),
  remarks: z.array(z.string()),
  /** The snapshot of which this is what is left. */
  restOf: z.string().optional(),
});

export type SnapshotFacts = z.infer<typeof factsSchema>;

export function factsOf(manifest: Manifest): SnapshotFacts {
  const { state, remarks } = stateOfSet(manifest);
  return {
    version: 1,
    server: manifest.server,
    backupId: manifest.backupId,
    time: manifest.time,
    backends: manifest.backends.map(({ id }) => id),
    bytes: bytesOf(manifest),
    state,
    remarks: [...remarks],
  };
}

/** Undefined where the field is missing (restic drops it when it rewrites a snapshot) or of a version that we do not know. */
export function readFacts(field: unknown): SnapshotFacts | undefined {
  const parsed = factsSchema.safeParse(field);
  return parsed.success ? parsed.data : undefined;
}

export function snapshotFrom(id: string, facts: SnapshotFacts): Snapshot {
  const { server, backupId, time, backends, bytes, state, remarks } = facts;
  return { id, time, server, backupId, backends, bytes, state, remarks };
}

/** For people: the set, or a file of it. */
export function nameOf({ server, backupId }: Snapshot, file?: ManifestFile): string {
  return file === undefined ? `${server}/${backupId}` : `${server}/${backupId}/${file.path}`;
}
