import { formatCount } from '../../foundation/counts.ts';
import { exitCodes, type ExitCode } from '../../foundation/failure.ts';
import type { UndoPlan } from '../../entries/apply/plan-undo.ts';
import type { UndoReport } from '../../entries/apply/undo.ts';
import { defineCommand } from '../define-command.ts';
import {
  appliedJson,
  appliedText,
  changeOptions,
  changesQuestion,
  exitCodeOfApplied,
  notKeptLines,
  plannedJson,
  plannedRecords,
  plannedText,
  undoPlace,
} from '../entry-changes-text.ts';
import { printable, type Look } from '../look.ts';
import { approval } from '../work-on-server.ts';
import { countOf } from '../snapshot-text.ts';

export const entryUndoCommand = defineCommand({
  name: 'entry undo',
  summary: 'Take back what changed single entries',
  description:
    'Reads an undo file, which "entry restore", "entry revert" and this command write before they change anything, and takes its changes back, the last one first. What was ' +
    'never made, or is taken back already, needs nothing, so it can be run again after a lost connection. What somebody has changed since is shown and left alone; ' +
    '--force overrides it.\n\n' +
    'It writes an undo file of its own. Each changed entry is read back and compared. With refused changes or conflicts it ends with 3.',
  arguments: { file: { summary: 'the undo file', isRequired: true, completes: 'file' } },
  options: {
    force: { type: 'flag', summary: 'also override what was changed since' },
    undoFile: { ...changeOptions.undoFile, summary: 'where its own undo file is written; otherwise into this folder' },
    maxPerSecond: changeOptions.maxPerSecond,
    yes: changeOptions.yes,
    plan: changeOptions.plan,
  },
  examples: [
    { line: 'rootcellar entry undo rootcellar-undo-20261126T094727000Z.ldif --plan', summary: 'what would be taken back' },
    { line: 'rootcellar entry undo rootcellar-undo-20261126T094727000Z.ldif --yes', summary: 'take it back' },
  ],
  exits: ['partial', 'verificationFailed', 'interrupted'],
  run: async ({ file, force, undoFile, maxPerSecond, yes, plan: isPlanOnly }, context): Promise<UndoReport> => {
    const { undoChanges } = await import('../../entries/apply/undo.ts');
    const parts = await context.parts();
    const approve = approval(
      {
        isPlanOnly,
        yes,
        text: (plan: UndoPlan) => planText(plan, context.look),
        question: changesQuestion,
      },
      context,
    );
    const undo = await undoPlace(undoFile, context);
    return undoChanges({ server: await parts.server(), clock: context.clock, file, isForced: force, undo, maxPerSecond, approve }, context);
  },
  render: ({ plan, applied }, { look }) => {
    if (applied === undefined) return `${planText(plan, look)}\nNothing was changed. Run it without --plan to take them back.`;
    const head = plan.waves.length === 0 ? 'Nothing is left to take back.' : appliedText(applied, look);
    return [head, ...notKeptLines(plan.notKept, look), ...conflictLines(plan, look)].join('\n');
  },
  json: ({ plan, applied, writtenFor }) => ({
    isDone: applied !== undefined,
    writtenFor,
    changes: plannedJson(plan),
    alreadyUndone: plan.alreadyUndone,
    conflicts: plan.conflicts.map(({ record, because, canBeForced }) => ({ dn: record.undo.dn, because, canBeForced })),
    notKept: plan.notKept,
    ...(applied === undefined ? { records: plannedRecords(plan) } : { result: appliedJson(applied) }),
  }),
  exitCodeOf: ({ plan, applied }): ExitCode => {
    if (applied === undefined) return exitCodes.success;
    const code = exitCodeOfApplied(applied);
    return code === exitCodes.success && plan.conflicts.length > 0 ? exitCodes.partial : code;
  },
});

function planText(plan: UndoPlan, look: Look): string {
  const count = plan.waves.flat().length;
  const undone = plan.alreadyUndone === 0 ? '' : `; of ${formatCount(plan.alreadyUndone)} nothing is left to take back`;
  return [
    `${look.bold('Plan')}: take back ${countOf(count, 'change')}${undone}`,
    ...(count === 0 ? [] : [plannedText(plan, look)]),
    ...notKeptLines(plan.notKept, look),
    ...conflictLines(plan, look),
  ].join('\n');
}

function conflictLines({ conflicts }: UndoPlan, look: Look): readonly string[] {
  return conflicts.map(({ record, because, canBeForced }) => {
    const advice = canBeForced ? ' (--force overrides it)' : '';
    return `${look.yellow('Left alone')}: ${printable(record.undo.dn)}: ${printable(because)}${advice}`;
  });
}
