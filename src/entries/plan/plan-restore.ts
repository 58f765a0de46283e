import { changesBetween } from '../../domain/entry-changes.ts';
import { normalDn } from '../../domain/dn.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { ChangeAbilities } from '../../directory-servers/entry-changes.ts';
import { findAddedSince } from './added-since.ts';
import type { EntriesNow, EntriesPast, EntryPlan } from './entry-plan.ts';
import { EntryWriter } from './entry-writer.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';
import { findNow } from './find-now.ts';
import { NameSet } from './name-set.ts';
import { PlanBuilder } from './plan-builder.ts';
import { planReferences } from './references.ts';

export interface RestoreRequest {
  /** The entries that are to be as they were, as they were. */
  readonly asked: AsyncIterable<readonly LdifEntry[]>;
  readonly past: EntriesPast;
  readonly now: EntriesNow;
  readonly schema: Schema;
  readonly abilities: ChangeAbilities;
  /** Only these attributes, each with all its options unless one is named; undefined: the whole entries. */
  readonly attributes?: readonly string[] | undefined;
  /** These attributes are left as they are, or out. */
  readonly without?: readonly string[] | undefined;
  /** Subtrees of which all is asked for: what was added to them since is told. */
  readonly subtrees?: readonly string[] | undefined;
  /** What was added to the subtrees since is deleted. */
  readonly isDeletingAdded?: boolean | undefined;
  /** Entries that were asked for by name: references to them are looked at even where they themselves are as they were. */
  readonly named?: readonly string[] | undefined;
  /** Every entry that may name another one, as it was; undefined: references stay as they are. It is only gone through where something is put back. */
  readonly referrers?: (() => AsyncIterable<readonly LdifEntry[]>) | undefined;
}

/**
 * Decides what has to be changed that entries are again as they were: those that are gone are added, below their parents, which are added too where they are missing;
 * those that were renamed or moved get their names back, with all that is below them; the others get their values. Changes nothing.
 */
export async function planRestore(request: RestoreRequest): Promise<EntryPlan> {
  const { past, now, schema, abilities, subtrees = [], attributes } = request;
  const builder = new PlanBuilder(past, now, new EntryWriter(schema, abilities, request.without));
  const names = new NameSet();
  const putBack = new Map<string, LdifEntry>();
  for await (const entries of inBatches(request.asked)) {
    const states = await findNow(entries, now);
    for (const [index, was] of entries.entries()) {
      if (subtrees.length > 0) names.add(normalDn(was.dn));
      if (attributes === undefined) restoreWhole(builder, was, { now: states[index], schema, putBack });
      else restoreAttributes(builder, was, { now: states[index], schema, attributes });
    }
  }
  const places = await builder.place();
  const addedSince = await findAddedSince({ builder, past, now, names, subtrees, isDeleting: request.isDeletingAdded === true, places });
  const mayBeNamed = new Map(
    [...putBack.keys(), ...places.keys(), ...(request.named ?? []).map(normalDn)].map((name) => [name, places.get(name)]),
  );
  if (request.referrers !== undefined && attributes === undefined && mayBeNamed.size > 0) {
    await planReferences({ builder, now, schema, names: mayBeNamed, areWhole: putBack, referrers: request.referrers() });
  }
  return builder.finish(addedSince);
}

const entriesAtOnce = 200;

/** They come by the block, of a few entries each; the server is asked for more at a time. */
async function* inBatches(asked: AsyncIterable<readonly LdifEntry[]>): AsyncGenerator<readonly LdifEntry[]> {
  let batch: LdifEntry[] = [];
  for await (const entries of asked) {
    for (const entry of entries) {
      batch.push(entry);
      if (batch.length < entriesAtOnce) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

interface Whole {
  readonly now: LdifEntry | undefined;
  readonly schema: Schema;
  /** Those that are not as they were, by name. */
  readonly putBack: Map<string, LdifEntry>;
}

function restoreWhole(builder: PlanBuilder, was: LdifEntry, { now, schema, putBack }: Whole): void {
  const name = normalDn(was.dn);
  if (now === undefined) {
    putBack.set(name, was);
    return builder.add(was, 'deleted since');
  }
  const [before, after] = [uuidOf(was), uuidOf(now)];
  if (before !== undefined && after !== undefined && before !== after) {
    builder.note(`"${was.dn}" was deleted and made anew since: the new entry gets the values of the old one`);
  }
  const changes = changesBetween(now, was, schema);
  if (changes.length === 0 && normalDn(now.dn) === name) {
    builder.unchanged += 1;
    return;
  }
  putBack.set(name, was);
  builder.putBack(was, now);
}

interface Part {
  readonly now: LdifEntry | undefined;
  readonly schema: Schema;
  readonly attributes: readonly string[];
}

function restoreAttributes(builder: PlanBuilder, was: LdifEntry, { now, schema, attributes }: Part): void {
  if (now === undefined) {
    return builder.conflict({ dn: was.dn, because: 'it is not there any more: it can only be put back whole', isForced: false });
  }
  const asked = new Set(attributes.map((name) => schema.comparableName(name)));
  const isAsked = (name: string): boolean => {
    const comparable = schema.comparableName(name);
    return asked.has(comparable) || asked.has(comparable.split(';', 1)[0] ?? '');
  };
  builder.modify(
    now,
    changesBetween(now, was, schema).filter(({ name }) => isAsked(name)),
  );
}
