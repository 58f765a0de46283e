import { supervisedVariable } from '../config/config-environment.ts';
import { commentText, encodeChange, type ChangeRecord } from '../domain/change-record.ts';
import type { RefusalKind } from '../directory-servers/entry-changes.ts';
import type { AppliedPlan, ApplyScene } from '../entries/apply/apply-plan.ts';
import type { NotKept } from '../entries/plan/kept-parts.ts';
import type { PlannedWaves } from '../entries/plan/planned-change.ts';
import { formatCount } from '../foundation/counts.ts';
import { formatDuration } from '../foundation/durations.ts';
import { exitCodes, type ExitCode } from '../foundation/failure.ts';
import { formatBytes } from '../foundation/sizes.ts';
import type { CommandContext } from './define-command.ts';
import { printable, type Look } from './look.ts';
import { countOf } from './snapshot-text.ts';

export const shown = 20;

/** The options that every command has which makes changes of entries. */
export const changeOptions = {
  plan: { type: 'flag', summary: 'only show the plan' },
  undoFile: {
    type: 'text',
    placeholder: 'FILE',
    summary: 'where the undo file is written; otherwise into this folder, and of what an agent does for others into its staging folder',
    completes: 'file',
  },
  maxPerSecond: { type: 'count', placeholder: 'N', summary: 'at most so many changes in a second' },
  yes: { type: 'flag', summary: 'go on without asking' },
} as const;

/** Where the undo file goes: what an agent runs for others has it beside the sets, as nobody sees the folder that the agent is in, nor may it write there in a pod. */
export async function undoPlace(undoFile: string | undefined, context: CommandContext): Promise<ApplyScene['undo']> {
  if (undoFile !== undefined) return { file: undoFile };
  if (context.process.environment[supervisedVariable] === undefined) return { folder: process.cwd() };
  const { undoFolder } = await import('../staging/undo-folder.ts');
  return { folder: await undoFolder((await context.parts()).staging()) };
}

/** What is asked before anything is changed. */
export function changesQuestion({ waves }: PlannedWaves): { readonly what: string } {
  return { what: `make ${countOf(waves.flat().length, 'change')}` };
}

/** As `--json` has it: without values. */
export function plannedJson({ waves }: PlannedWaves): readonly { readonly dn: string; readonly change: string; readonly reason: string }[] {
  return waves.flat().map(({ change, reason }) => ({ dn: change.dn, change: change.kind, reason }));
}

/** Characters of LDIF, after which a document has enough, and of one record. */
const mostOfPlan = 256 * 1024;
const mostOfRecord = 64 * 1024;

/**
 * The change records of a plan as `--json` has them: LDIF without secrets, of many the first; `left` says how many more there are. Of a record that is too large, as one
 * with a picture, a comment stands in its place.
 */
export function plannedRecords({ waves }: PlannedWaves): { readonly ldif: string; readonly left: number } {
  const all = waves.flat();
  const texts: string[] = [];
  let characters = 0;
  for (const { change, reason } of all) {
    const whole = encodeChange(change, { comments: [reason] });
    const isShown = whole.length <= mostOfRecord;
    const text = isShown
      ? whole
      : `# ${verbs[change.kind]} ${commentText(change.dn)}: not shown, as it has ${formatBytes(whole.length)}\n\n`;
    characters += text.length;
    if (characters > mostOfPlan) break;
    texts.push(text);
  }
  return { ldif: texts.join(''), left: all.length - texts.length };
}

/** What would be done, entry by entry; of many the first. */
export function plannedText({ waves }: PlannedWaves, look: Look): string {
  const all = waves.flat();
  const lines = all
    .slice(0, shown)
    .map(({ change, reason }) => `  ${verbs[change.kind]} ${printable(change.dn)}${look.dim(`  ${printable(reason)}`)}`);
  return [...lines, ...more(all.length)].join('\n');
}

const verbs: Readonly<Record<ChangeRecord['kind'], string>> = { add: 'add', delete: 'delete', modify: 'change', rename: 'rename' };

export function notKeptLines(notKept: readonly NotKept[], look: Look): readonly string[] {
  return notKept.map(
    ({ attribute, changes, because }) =>
      `${look.yellow('Not as it was')}: ${printable(attribute)} of ${formatCount(changes)}: ${printable(because)}`,
  );
}

/** What was done, what the server refused, and what was not as planned when it was read back. */
export function appliedText({ applied, refused, unproven, proven, undoFile, milliseconds }: AppliedPlan, look: Look): string {
  const isGood = refused.length === 0 && unproven.length === 0;
  const head = isGood ? look.green('Done') : look.red('Done in part');
  const lines = [
    `${head}: ${countOf(applied, 'change')} in ${formatDuration(milliseconds)}; read back and as planned: ${countOf(proven, 'entry', 'entries')}`,
    ...refused.slice(0, shown).map(({ planned, refusal }) => {
      const what = refusal.attribute === undefined ? '' : `, ${refusal.attribute}`;
      return `${look.red('Refused')}: ${verbs[planned.change.kind]} ${printable(planned.change.dn)}: ${printable(refusal.text)} (${refusal.result}${what})`;
    }),
    ...more(refused.length),
    ...adviceLines(refused),
    ...unproven.slice(0, shown).map(({ dn, state }) => `${look.red('Not as planned')}: ${printable(dn)}: ${state}`),
    ...more(unproven.length),
    ...(undoFile === undefined ? [] : [`Undo file (it holds passwords): ${undoFile}`]),
  ];
  return lines.join('\n');
}

/** What to do about each kind of refusal that there is, once. */
function adviceLines(refused: AppliedPlan['refused']): readonly string[] {
  const kinds = new Set(refused.map(({ refusal }) => refusal.kind));
  return [...kinds].flatMap((kind) => {
    const names = [
      ...new Set(refused.flatMap(({ refusal }) => (refusal.kind === kind && refusal.attribute !== undefined ? [refusal.attribute] : []))),
    ];
    const text = advice[kind];
    return text === undefined
      ? []
      : [`  ${text}${kind === 'schema' && names.length > 0 ? ` (${printable(names.slice(0, shown).join(', '))})` : ''}`];
  });
}

const advice: Readonly<Partial<Record<RefusalKind, string>>> = {
  conflict: 'Somebody changed it meanwhile: run the same command again, it plans anew against what is there',
  rights: 'The account may not do that: docs/guide/least-privilege-account.md lists what it needs',
  schema: 'The schema of the server does not take that now: add what it names to the schema, or put back only other attributes',
  password:
    'Stored passwords are not taken: set allow-pre-encoded-passwords of the password policy to true meanwhile, or leave passwords out',
  busy: 'The server was too busy: run the same command again, with --max-per-second',
};

/** As `--json` has it: refusals without values. */
export function appliedJson({ applied, refused, unproven, proven, undoFile, milliseconds }: AppliedPlan): unknown {
  return {
    applied,
    proven,
    undoFile,
    milliseconds,
    refused: refused.map(({ planned, refusal }) => ({ dn: planned.change.dn, change: planned.change.kind, ...refusal })),
    unproven,
  };
}

export function exitCodeOfApplied({ applied, refused, unproven }: AppliedPlan): ExitCode {
  if (unproven.length > 0) return exitCodes.verificationFailed;
  if (refused.length === 0) return exitCodes.success;
  return applied > 0 ? exitCodes.partial : exitCodes.failure;
}

/** A line for what is not shown. */
export function more(count: number): readonly string[] {
  return count > shown ? [`  … and ${formatCount(count - shown)} more`] : [];
}
