import { exitCodes, Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { applyPlan, type ApplyScene } from './apply/apply-plan.ts';
import type { EntryDifference } from './compare/compare-exports.ts';
import { diffEntries } from './compare/diff-entries.ts';
import type { EntryPlan } from './plan/entry-plan.ts';
import { inScope, type EntrySelection } from './look/find-entries.ts';
import { liveEntries } from './plan/live-entries.ts';
import { pastEntries } from './plan/past-entries.ts';
import { planRevert } from './plan/plan-revert.ts';
import type { EntriesReport } from './restore-entries.ts';
import type { SnapshotExports } from './exports/snapshot-exports.ts';

export interface RevertEntriesRequest extends ApplyScene {
  readonly before: SnapshotExports;
  readonly after: SnapshotExports;
  /** An entry counts that is in it before or after. */
  readonly selection: EntrySelection;
  /** What becomes of what has changed again since: left alone, put back all the same, or nothing is done at all. */
  readonly onConflict: 'skip' | 'force' | 'stop';
  readonly approve: (plan: EntryPlan) => Promise<boolean>;
}

/**
 * Undoes on the running server what changed between two snapshots: plans by what is there now, has the plan approved, and carries it out.
 *
 * @throws Failure E_ENTRY_CONFLICT where something has changed again and that is to stop it, before anything is changed; and as {@link applyPlan}
 */
export async function revertEntries(request: RevertEntriesRequest, options: OperationContext): Promise<EntriesReport> {
  const { server, before, after, selection, onConflict } = request;
  const schema = await server.readSchema(options);
  const bases = before.exports.flatMap(({ file }) => file.baseDns);
  // An entry that was moved out of the base, or into it, is one that was renamed all the same.
  const anywhere = { matches: inScope(selection) };
  const differences = diffEntries({ before: before.exports, after: after.exports, selection: anywhere, schema }, options);
  const plan = await planRevert({
    differences: only(differences),
    past: pastEntries(before.exports, options),
    now: liveEntries(server, bases, options),
    schema,
    abilities: await server.changeAbilities(options),
    isForced: onConflict === 'force',
  });
  const [conflict] = plan.conflicts;
  if (onConflict === 'stop' && conflict !== undefined) throw conflictFailure(plan, conflict);
  const isWanted = await request.approve(plan);
  return { plan, applied: isWanted ? await applyPlan(plan, { ...request, schema }, options) : undefined };
}

async function* only(differences: AsyncIterable<{ readonly difference: EntryDifference }>): AsyncGenerator<EntryDifference> {
  for await (const { difference } of differences) yield difference;
}

function conflictFailure({ conflicts }: EntryPlan, { dn, attribute, because }: EntryPlan['conflicts'][number]): Failure {
  const more = conflicts.length > 1 ? `, and ${conflicts.length - 1} more like it` : '';
  const what = attribute === undefined ? `"${dn}"` : `${attribute} of "${dn}"`;
  return new Failure('E_ENTRY_CONFLICT', `Cannot undo the changes: ${what}: ${because}${more}; nothing was changed`, {
    exitCode: exitCodes.failure,
    hint: 'see all of them with --plan and --on-conflict skip, which leaves them alone; --on-conflict force puts them back too',
  });
}
