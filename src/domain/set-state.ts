import type { Manifest } from './manifest.ts';
import { remarkOnRest } from './rest-of-set.ts';
import type { Snapshot } from './snapshot.ts';

/** What a set's own manifest says of its state: the rest of a set that lost files is damaged, one that looks wrong beside its predecessors suspicious. */
export function stateOfSet(manifest: Manifest): Pick<Snapshot, 'remarks'> & { readonly state: 'complete' | 'suspicious' | 'damaged' } {
  const { lost = [], suspicions = [] } = manifest;
  if (lost.length > 0) return { state: 'damaged', remarks: [remarkOnRest(manifest)] };
  return { state: suspicions.length > 0 ? 'suspicious' : 'complete', remarks: suspicions };
}
