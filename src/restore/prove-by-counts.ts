import type { ManifestBackend } from '../domain/manifest.ts';
import { comparableDn } from '../domain/comparable-dn.ts';
import type { ServerDescription } from '../directory-servers/directory-server.ts';

/** What a restored base DN was found to be. `unknown`: the set has no count of it, so nothing is proven. */
export interface Proof {
  readonly backend: string;
  readonly baseDn: string;
  readonly expected: number | undefined;
  readonly found: number | undefined;
  readonly state: 'equal' | 'different' | 'unknown';
}

/**
 * Compares the entry counts of a restored backend with those of the set. A set whose backend was written to while it was backed up has
 * two counts, before and after, and any count from one to the other is right.
 */
export function proveByCounts(backend: ManifestBackend, after: ServerDescription): readonly Proof[] {
  const found = after.backends.find((one) => one.id === backend.id)?.baseDns ?? [];
  if (backend.baseDns.length === 0) return [{ backend: backend.id, baseDn: '', expected: undefined, found: undefined, state: 'unknown' }];
  return backend.baseDns.map(({ dn, entries, entriesAfter }) => {
    const count = found.find((baseDn) => comparableDn(baseDn.dn) === comparableDn(dn))?.entries;
    const proof = { backend: backend.id, baseDn: dn, expected: entries, found: count };
    if (entries === undefined) return { ...proof, state: 'unknown' };
    if (count === undefined) return { ...proof, state: 'different' };
    const [low, high] = [Math.min(entries, entriesAfter ?? entries), Math.max(entries, entriesAfter ?? entries)];
    return { ...proof, state: count >= low && count <= high ? 'equal' : 'different' };
  });
}
