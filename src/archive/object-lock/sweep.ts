import { createHash } from 'node:crypto';
import type { Clock } from '../../foundation/clock.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectStore, ObjectVersion } from '../../object-stores/object-store.ts';
import type { HeldVersions, HiddenObject, SweepPlan, SweepReport } from '../archive-locks.ts';
import type { LockedContents } from './locked-contents.ts';
import { sweepKey } from './sweep-key.ts';

interface SweepTools {
  readonly store: ObjectStore;
  readonly contents: LockedContents;
  readonly clock: Clock;
  readonly graceMilliseconds: number;
}

/** See `ArchiveLocks.planSweep`. */
export async function planSweep(
  { store, contents, clock, graceMilliseconds }: SweepTools,
  { signal }: OperationContext,
): Promise<SweepPlan> {
  const oldest = new Date(clock.now().getTime() - graceMilliseconds);
  const isInUse = await contents.inUse(signal);
  const versions: ObjectVersion[] = [];
  const suspicions: HiddenObject[] = [];
  for await (const own of byKey(store.objectLock.listVersions('', { signal }))) {
    const [{ key } = { key: '' }] = own;
    const isGenuine = (): Promise<boolean> => bearsItsHash(store, key, signal);
    const swept = await sweepKey(own, { isLocked: contents.isLocked(key), isInUse: isInUse(key), isGenuine, oldest });
    versions.push(...swept.versions);
    if (swept.suspicion !== undefined) suspicions.push({ key, what: swept.suspicion });
  }
  return { versions, bytes: bytesOf(versions), suspicions };
}

/**
 * See `ArchiveLocks.sweep`. Objects go first, and a marker only once nothing is left under it: without it what a lock still holds would be seen
 * again, a forgotten snapshot too.
 */
export async function sweep(store: ObjectStore, plan: SweepPlan, { signal, report }: OperationContext): Promise<SweepReport> {
  const step = 'sweep';
  const objects = plan.versions.filter(({ kind }) => kind === 'object');
  report?.({ kind: 'begin', step, total: plan.versions.length, unit: 'objects' });
  const held = await store.objectLock.deleteVersions(objects, { signal });
  const heldKeys = new Set(held.map(({ version }) => version.key));
  const markers = plan.versions.filter(({ kind, key }) => kind === 'marker' && !heldKeys.has(key));
  await store.objectLock.deleteVersions(markers, { signal });
  report?.({ kind: 'end', step });
  const locked = held.filter(({ lockedUntil }) => lockedUntil !== undefined);
  const ends = locked.map(({ lockedUntil }) => lockedUntil?.getTime() ?? 0);
  return {
    bytes: bytesOf(objects) - bytesOf(held.map(({ version }) => version)),
    locked: { ...sumOf(locked.map(({ version }) => version)), until: ends.length === 0 ? undefined : new Date(Math.max(...ends)) },
    refused: sumOf(held.filter(({ lockedUntil }) => lockedUntil === undefined).map(({ version }) => version)),
  };
}

/** Whether an object's name is the SHA-256 of its bytes; false where its name is none. */
async function bearsItsHash(store: ObjectStore, key: string, signal: AbortSignal | undefined): Promise<boolean> {
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (!/^[0-9a-f]{64}$/.test(name)) return false;
  const hash = createHash('sha256');
  for await (const piece of store.getStream(key, { signal })) hash.update(piece);
  return hash.digest('hex') === name;
}

async function* byKey(versions: AsyncIterable<ObjectVersion>): AsyncGenerator<readonly ObjectVersion[]> {
  let own: ObjectVersion[] = [];
  for await (const version of versions) {
    if (own[0] !== undefined && own[0].key !== version.key) {
      yield own;
      own = [];
    }
    own.push(version);
  }
  if (own.length > 0) yield own;
}

function sumOf(versions: readonly ObjectVersion[]): HeldVersions {
  return { versions: versions.length, bytes: bytesOf(versions) };
}

function bytesOf(versions: readonly ObjectVersion[]): number {
  return versions.reduce((sum, { bytes }) => sum + bytes, 0);
}
