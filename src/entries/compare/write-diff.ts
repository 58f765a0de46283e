import type { OperationContext } from '../../foundation/progress.ts';
import { diffEntries, type DiffRequest } from './diff-entries.ts';
import { reportOf } from './diff-report.ts';
import { DiffChanges } from './diff-changes.ts';
import { DiffCounter, type EntryDiffSummary } from './diff-summary.ts';

export interface DiffOutput {
  readonly format: 'summary' | 'report' | 'ldif';
  /** Resolves to false when nobody takes any more, which ends the writing and is no error. */
  readonly sink: (text: string) => Promise<boolean>;
  readonly areSecretsShown: boolean;
  /** How many differences the summary names. */
  readonly examples: number;
}

/**
 * Compares, writes what is wanted of each difference, and resolves to the summary of all. A report comes as it is found; change records come in an order in which they
 * can be applied, for which they wait in memory.
 */
export async function writeDiff(request: DiffRequest, output: DiffOutput, options: OperationContext): Promise<EntryDiffSummary> {
  const counter = new DiffCounter(output.examples);
  const changes = new DiffChanges(request.schema, output.areSecretsShown);
  let pending = '';
  const write = async (text: string, isLast = false): Promise<boolean> => {
    pending += text;
    if (pending.length < (isLast ? 1 : writtenAtOnce)) return true;
    const whole = pending;
    pending = '';
    return output.sink(whole);
  };
  for await (const detailed of diffEntries(request, options)) {
    counter.add(detailed.difference, detailed.changes);
    if (output.format === 'ldif') changes.add(detailed);
    if (output.format === 'report' && !(await write(reportOf(detailed, output.areSecretsShown)))) return counter.summary();
  }
  if (output.format === 'ldif') for (const text of changes.text()) if (!(await write(text))) return counter.summary();
  await write('', true);
  return counter.summary();
}

const writtenAtOnce = 65_536;
