import { depthOf, normalDn } from '../../domain/dn.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { EntriesNow, EntriesPast, ToldNames } from './entry-plan.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';
import { namesAbove } from './moved-names.ts';
import type { NameSet } from './name-set.ts';
import type { PlanBuilder } from './plan-builder.ts';

export interface AddedRequest {
  readonly builder: PlanBuilder;
  readonly past: EntriesPast;
  readonly now: EntriesNow;
  /** Everything that was in the subtrees, in normal form. */
  readonly names: NameSet;
  /** By their names then. */
  readonly subtrees: readonly string[];
  readonly isDeleting: boolean;
  /** Where entries go whose place is another one than then. */
  readonly places: ReadonlyMap<string, string>;
}

const dnsTold = 20;

/** What is in the subtrees now and was nowhere then: it is told, or deleted where that is asked for and nothing else is below it. */
export async function findAddedSince({ builder, past, now, names, subtrees, isDeleting, places }: AddedRequest): Promise<ToldNames> {
  const told: { count: number; readonly dns: string[] } = { count: 0, dns: [] };
  const moved = new Set([...places.values()].map(normalDn));
  const added: LdifEntry[] = [];
  const isNeeded = new Set<string>();
  for (const subtree of subtrees) {
    for await (const entries of now.below(subtree)) {
      for (const entry of entries) {
        const final = normalDn(builder.finalDn(entry.dn));
        if (names.has(final) || moved.has(final)) continue;
        const uuid = uuidOf(entry);
        if (uuid !== undefined && (await past.byUuid(uuid)) !== undefined) for (const name of namesAbove(entry.dn)) isNeeded.add(name);
        else if (isDeleting) added.push(entry);
        else {
          told.count += 1;
          if (told.dns.length < dnsTold) told.dns.push(entry.dn);
        }
      }
    }
  }
  for (const entry of added.toSorted((one, other) => depthOf(other.dn) - depthOf(one.dn))) {
    if (!isNeeded.has(normalDn(entry.dn))) builder.remove(entry, 'added since');
    else
      builder.conflict({ dn: entry.dn, because: 'it was added since, and has entries below it that were elsewhere then', isForced: false });
  }
  return told;
}
