import type { EntryPlan } from '../entries/plan/entry-plan.ts';
import type { EntriesReport } from '../entries/restore-entries.ts';
import { planText } from '../entries/plan/plan-text.ts';
import { formatCount } from '../foundation/counts.ts';
import { exitCodes, type ExitCode } from '../foundation/failure.ts';
import type { CommandContext } from './define-command.ts';
import {
  appliedJson,
  appliedText,
  changeOptions,
  changesQuestion,
  exitCodeOfApplied,
  more,
  notKeptLines,
  plannedJson,
  plannedRecords,
  plannedText,
  shown,
  undoPlace,
} from './entry-changes-text.ts';
import { areSecretsShown, entryOptions } from './entry-options.ts';
import { type Look, printable } from './look.ts';
import { approval } from './work-on-server.ts';

/** The options that every command has which plans changes of entries and makes them. */
export const planOptions = {
  plan: changeOptions.plan,
  planFile: { type: 'text', placeholder: 'FILE', summary: 'write the plan as LDIF change records into this new file', completes: 'file' },
  showSecrets: {
    ...entryOptions.showSecrets,
    summary: 'also write passwords and other secrets into the plan file; asks, unless --yes is given as well',
  },
  undoFile: changeOptions.undoFile,
  maxPerSecond: changeOptions.maxPerSecond,
  yes: changeOptions.yes,
} as const;

export interface PlanChoice {
  readonly plan: boolean;
  readonly planFile: string | undefined;
  readonly showSecrets: boolean;
  readonly undoFile: string | undefined;
  readonly maxPerSecond: number | undefined;
  readonly yes: boolean;
}

/** The server, where the undo file goes, and how a plan is shown, kept and approved. `title` says what the plan does, `what` is asked about. */
export async function planScene(choice: PlanChoice, title: string, context: CommandContext) {
  const secrets = await areSecretsShown(choice, context);
  const parts = await context.parts();
  const ask = approval(
    {
      isPlanOnly: choice.plan,
      yes: choice.yes,
      text: (plan: EntryPlan) => entryPlanText(plan, title, context.look),
      question: changesQuestion,
    },
    context,
  );
  const approve = async (plan: EntryPlan): Promise<boolean> => {
    if (choice.planFile !== undefined) await writePlan(plan, choice.planFile, { areSecretsShown: secrets, title: [title] });
    return plan.waves.length === 0 ? false : ask(plan);
  };
  return {
    server: await parts.server(),
    clock: context.clock,
    undo: await undoPlace(choice.undoFile, context),
    maxPerSecond: choice.maxPerSecond,
    approve,
  };
}

async function writePlan(plan: EntryPlan, name: string, options: Parameters<typeof planText>[1]): Promise<void> {
  const { newFile } = await import('../entries/new-file.ts');
  const file = await newFile(name);
  try {
    for (const piece of planText(plan, options)) await file.write(piece);
  } finally {
    await file.close();
  }
}

/** The plan as an operator reads it before saying yes: what would be done, and what not. */
export function entryPlanText(plan: EntryPlan, title: string, look: Look): string {
  return [
    `${look.bold('Plan')}: ${printable(title)}`,
    `      ${countsText(plan)}`,
    ...(plan.waves.length === 0 ? [] : [plannedText(plan, look)]),
    ...otherLines(plan, look),
  ].join('\n');
}

/** What came of it, or the plan alone. */
export function entriesReportText({ plan, applied }: EntriesReport, title: string, look: Look): string {
  if (applied !== undefined) return [appliedText(applied, look), ...otherLines(plan, look)].join('\n');
  const end = plan.waves.length === 0 ? 'There is nothing to change.' : 'Nothing was changed. Run it without --plan to make the changes.';
  return `${entryPlanText(plan, title, look)}\n${end}`;
}

/**
 * DNs, what is done to them, and why. A plan alone has its change records as LDIF too, without secrets; of a large one the first, and how many are left out.
 */
export function entriesReportJson({ plan, applied }: EntriesReport): Readonly<Record<string, unknown>> {
  return {
    isDone: applied !== undefined,
    counts: countsOf(plan),
    unchanged: plan.unchanged,
    changes: plannedJson(plan),
    conflicts: plan.conflicts,
    notPreserved: plan.notPreserved,
    addedSince: plan.addedSince,
    notes: plan.notes,
    ...(applied === undefined ? { records: plannedRecords(plan) } : { result: appliedJson(applied) }),
  };
}

/** 3 where something that was asked for was left alone. */
export function exitCodeOfEntries({ plan, applied }: EntriesReport, isPlanOnly: boolean): ExitCode {
  const code = applied === undefined ? exitCodes.success : exitCodeOfApplied(applied);
  const isLeft = plan.conflicts.some(({ isForced }) => !isForced);
  return code === exitCodes.success && isLeft && !isPlanOnly ? exitCodes.partial : code;
}

function countsOf({ waves }: EntryPlan): Readonly<Record<'add' | 'modify' | 'rename' | 'delete', number>> {
  const counts = { add: 0, modify: 0, rename: 0, delete: 0 };
  for (const wave of waves) for (const { change } of wave) counts[change.kind] += 1;
  return counts;
}

function countsText(plan: EntryPlan): string {
  const { add, modify, rename, delete: removed } = countsOf(plan);
  const done = [
    `add ${formatCount(add)}`,
    `change ${formatCount(modify)}`,
    `rename ${formatCount(rename)}`,
    `delete ${formatCount(removed)}`,
  ];
  return `${done.join(', ')}${plan.unchanged === 0 ? '' : `; ${formatCount(plan.unchanged)} as they should be`}`;
}

function otherLines(plan: EntryPlan, look: Look): readonly string[] {
  const { conflicts, notes, addedSince } = plan;
  return [
    ...notes.slice(0, shown).map((note) => `${look.yellow('Note')}: ${printable(note)}`),
    ...more(notes.length),
    ...notKeptLines(plan.notPreserved, look),
    ...conflicts.slice(0, shown).map(({ dn, attribute, because, isForced }) => {
      const what = attribute === undefined ? printable(dn) : `${printable(attribute)} of ${printable(dn)}`;
      return `${look.yellow(isForced ? 'Put back all the same' : 'Left alone')}: ${what}: ${printable(because)}`;
    }),
    ...more(conflicts.length),
    ...(addedSince.count === 0
      ? []
      : [`Added since, and stays: ${formatCount(addedSince.count)}, as ${addedSince.dns.slice(0, 3).map(printable).join(' · ')}`]),
  ];
}
