import type { ObjectVersion } from '../../object-stores/object-store.ts';
import type { HiddenObject } from '../archive-locks.ts';

export interface KeyFacts {
  /** Whether what is stored under the key never changes. */
  readonly isLocked: boolean;
  /** Whether it is known to be needed now. */
  readonly isInUse: boolean;
  /** Whether what readers see is known to be what belongs under the key; asked only where something else lies under it. */
  readonly isGenuine: () => Promise<boolean>;
  /** What came to be before is old enough to go. */
  readonly oldest: Date;
}

export interface KeySweep {
  readonly versions: readonly ObjectVersion[];
  readonly suspicion: HiddenObject['what'] | undefined;
}

const nothing: KeySweep = { versions: [], suspicion: undefined };

/**
 * Decides which versions of one key may go; `versions` are all of them, the newest first. Of what was removed long enough ago all may go, markers
 * too. Of what is replaced again and again (leases, marks) the older ones may. What never changes has one version, or the same one twice, where a
 * request was tried again; of different ones the older may be the right one, so all are kept. What is needed is not taken for removed.
 */
export async function sweepKey(versions: readonly ObjectVersion[], { isLocked, isInUse, isGenuine, oldest }: KeyFacts): Promise<KeySweep> {
  const [current, ...older] = versions;
  if (current === undefined) return nothing;
  const isOld = ({ modifiedAt }: ObjectVersion): boolean => modifiedAt.getTime() <= oldest.getTime();
  if (current.kind === 'marker') {
    if (isInUse) return { versions: [], suspicion: 'hidden' };
    return isOld(current) ? { versions, suspicion: undefined } : nothing;
  }
  const isSame = older.every(({ kind, etag }) => kind === 'marker' || etag === current.etag);
  if (isLocked && !isSame && !(await isGenuine())) return { versions: [], suspicion: 'overwritten' };
  return { versions: older.filter(isOld), suspicion: undefined };
}
