import { stateOf } from '../../domain/entry-after.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { type AppliedPlan, applyPlan, type ApplyScene } from './apply-plan.ts';
import { planUndo, type UndoPlan } from './plan-undo.ts';
import { readUndoFile } from './undo-file.ts';

export interface UndoRequest extends ApplyScene {
  /** The file that the changes wrote. */
  readonly file: string;
  readonly isForced: boolean;
  /** Shown the plan; false leaves all as it is. */
  readonly approve: (plan: UndoPlan) => Promise<boolean>;
}

export interface UndoReport {
  readonly plan: UndoPlan;
  /** Undefined where only the plan was wanted. */
  readonly applied: AppliedPlan | undefined;
  /** The server that the file was written for. */
  readonly writtenFor: string;
}

/**
 * Takes back what an undo file tells of, as far as it is there: what was never made, or is taken back already, needs nothing, so that it can be run again. It writes an
 * undo file of its own.
 *
 * @throws Failure E_UNDO_INVALID, and as {@link applyPlan}
 */
export async function undoChanges(request: UndoRequest, options: OperationContext): Promise<UndoReport> {
  const { server, file, isForced, approve } = request;
  const { records, server: writtenFor } = await readUndoFile(file);
  if (writtenFor !== server.location) {
    const text = `the file was written for ${writtenFor}, and the server is reached as ${server.location}`;
    options.report?.({ kind: 'note', level: 'warning', text });
  }
  const schema = await server.readSchema(options);
  const read = async (dn: string) => {
    const entry = await server.readEntry(dn, options);
    return entry === undefined ? undefined : stateOf(entry, schema);
  };
  const abilities = await server.changeAbilities(options);
  const plan = await planUndo(records, read, { schema, abilities, isForced });
  const isWanted = await approve(plan);
  return { plan, writtenFor, applied: isWanted ? await applyPlan(plan, { ...request, schema }, options) : undefined };
}
