import { isAtOrBelow, normalDn } from '../domain/dn.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { type AppliedPlan, applyPlan, type ApplyScene } from './apply/apply-plan.ts';
import type { EntriesPast, EntryPlan } from './plan/entry-plan.ts';
import { inScope, type EntrySelection } from './look/find-entries.ts';
import { liveEntries } from './plan/live-entries.ts';
import { allEntries, pastEntries } from './plan/past-entries.ts';
import { planRestore } from './plan/plan-restore.ts';
import { mayRefer } from './plan/references.ts';
import type { SnapshotExports } from './exports/snapshot-exports.ts';
import { entryUnknown } from './look/unknown-entry.ts';

export interface RestoreEntriesRequest extends ApplyScene {
  readonly from: SnapshotExports;
  readonly dns: readonly string[];
  /** All below these DNs too. */
  readonly isSubtree: boolean;
  /** Also the entries of the snapshot that match; undefined: only those of `dns`. */
  readonly selection?: EntrySelection | undefined;
  /** Only these; all where it is empty. */
  readonly attributes: readonly string[];
  /** These are left as they are, or out. */
  readonly without: readonly string[];
  readonly isWithReferences: boolean;
  readonly isDeletingAdded: boolean;
  /** Shown the plan; false leaves all as it is. */
  readonly approve: (plan: EntryPlan) => Promise<boolean>;
}

export interface EntriesReport {
  readonly plan: EntryPlan;
  /** Undefined where only the plan was wanted. */
  readonly applied: AppliedPlan | undefined;
}

/**
 * Puts entries of a snapshot back on the running server: plans by what is there now, has the plan approved, and carries it out.
 *
 * @throws Failure E_ENTRY_UNKNOWN where the snapshot has not one of the DNs; and as {@link applyPlan}
 */
export async function restoreEntries(request: RestoreEntriesRequest, options: OperationContext): Promise<EntriesReport> {
  const { server, from, dns, isSubtree, attributes } = request;
  const { exports } = from;
  const past = pastEntries(exports, options);
  const named = await namedEntries(request, past, options);
  const bases = exports.flatMap(({ file }) => file.baseDns);
  const schema = await server.readSchema(options);
  const plan = await planRestore({
    asked: askedEntries(request, named, options),
    past,
    now: liveEntries(server, bases, options),
    schema,
    abilities: await server.changeAbilities(options),
    attributes: attributes.length === 0 ? undefined : attributes,
    without: request.without,
    subtrees: isSubtree ? dns : [],
    isDeletingAdded: request.isDeletingAdded,
    named: dns,
    referrers: request.isWithReferences
      ? () => allEntries(exports, 'look for what names them', { ...options, mayHold: mayRefer(schema) })
      : undefined,
  });
  const isWanted = await request.approve(plan);
  return { plan, applied: isWanted ? await applyPlan(plan, { ...request, schema }, options) : undefined };
}

/** The entries of the DNs, as the snapshot has them; a read for each, many at a time. */
async function namedEntries(
  { from, dns }: RestoreEntriesRequest,
  past: EntriesPast,
  options: OperationContext,
): Promise<readonly LdifEntry[]> {
  const found = await mapConcurrently(dns, readsAtOnce, (dn) => past.byName(dn), options.signal);
  const missing = found.indexOf(undefined);
  if (missing >= 0) throw await entryUnknown(from, dns[missing] ?? '', options);
  return found.filter((entry) => entry !== undefined);
}

const readsAtOnce = 16;
const namedAtOnce = 200;

/** Those that are named by one read each; for a subtree or a filter every entry is looked at. */
async function* askedEntries(
  { from, dns, isSubtree, selection }: RestoreEntriesRequest,
  named: readonly LdifEntry[],
  options: OperationContext,
): AsyncGenerator<readonly LdifEntry[]> {
  if (!isSubtree && selection === undefined) {
    for (let at = 0; at < named.length; at += namedAtOnce) yield named.slice(at, at + namedAtOnce);
    return;
  }
  const names = dns.map(normalDn);
  const isNamed = (entry: LdifEntry): boolean => {
    const normal = normalDn(entry.dn);
    return names.some((name) => (isSubtree ? isAtOrBelow(normal, name) : normal === name));
  };
  const isSelected = selection === undefined ? () => false : inScope(selection);
  for await (const entries of allEntries(from.exports, 'compare the entries with those of the server', options)) {
    const asked = entries.filter((entry) => isNamed(entry) || isSelected(entry));
    if (asked.length > 0) yield asked;
  }
}
