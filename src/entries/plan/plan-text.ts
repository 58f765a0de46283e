import { commentText, encodeChange, hasSecret } from '../../domain/change-record.ts';
import type { EntryPlan } from './entry-plan.ts';

export interface PlanTextOptions {
  readonly areSecretsShown: boolean;
  /** Lines for its head: what the plan is. */
  readonly title: readonly string[];
}

/**
 * A plan as change records of LDIF in the order in which they are made, each with its reason as a comment, for reading and for `ldapmodify`, piece by piece. What the plan leaves
 * alone stands in comments as well. Secrets are hidden unless told; a file without them is no whole plan, which its head says.
 */
export function* planText(plan: EntryPlan, { areSecretsShown, title }: PlanTextOptions): Generator<string, void, void> {
  const hides = !areSecretsShown && plan.waves.flat().some(({ change }) => hasSecret(change));
  yield 'version: 1\n';
  yield comments([
    ...title,
    ...(hides ? ['passwords and other secrets are hidden: not all of the plan is here'] : []),
    ...plan.notes,
    ...plan.notPreserved.map(
      ({ attribute, changes, because }) => `not as it was: ${attribute} of ${changes} (${because}), as of ${example(plan, attribute)}`,
    ),
    ...plan.conflicts.map(({ dn, attribute, because, isForced }) => {
      return `${isForced ? 'put back all the same' : 'left alone'}: ${attribute === undefined ? '' : `${attribute} of `}${dn}: ${because}`;
    }),
    ...(plan.addedSince.count === 0 ? [] : [`added since, and stays: ${plan.addedSince.count}, as ${plan.addedSince.dns[0] ?? ''}`]),
  ]);
  yield '\n';
  for (const wave of plan.waves) for (const { change, reason } of wave) yield encodeChange(change, { comments: [reason], areSecretsShown });
}

function example({ notPreserved }: EntryPlan, attribute: string): string {
  return notPreserved.find((one) => one.attribute === attribute)?.dns[0] ?? '';
}

function comments(lines: readonly string[]): string {
  return lines.map((line) => `# ${commentText(line)}\n`).join('');
}
