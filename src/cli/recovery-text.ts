import type { EntryProof, RecoveryReport } from '../domain/recovery-report.ts';
import { formatCount } from '../foundation/counts.ts';
import { formatDuration } from '../foundation/durations.ts';
import { printable, type Look } from './look.ts';

/** A report for people: what came of it, the time of each step, each proof and each assertion. */
export function recoveryText(
  { outcome, milliseconds, steps, proofs, assertions = [], reason, target }: RecoveryReport,
  what: string,
  look: Look,
): string {
  const word = outcome === 'proven' ? look.green('proven') : look.red(outcome === 'unproven' ? 'not proven' : 'failed');
  const width = Math.max(0, ...steps.map(({ name }) => printable(name).length));
  return [
    `${what}: ${word} in ${formatDuration(milliseconds)}${reason === undefined ? '' : `: ${printable(reason)}`}`,
    `  ${look.dim(`on ${printable(target)}`)}`,
    ...steps.map((step) => `  ${look.dim('·')} ${printable(step.name).padEnd(width)}  ${formatDuration(step.milliseconds)}`),
    ...proofs.map((proof) => `  ${proofText(proof, look)}`),
    ...assertions.map(({ name, isMet, finding }) =>
      isMet ? `  ${look.green('✓')} ${printable(name)}` : `  ${look.red('✗')} ${printable(name)}: ${printable(finding ?? '')}`,
    ),
  ].join('\n');
}

function proofText({ backend, baseDn, state, by, expectedEntries, foundEntries, differences }: EntryProof, look: Look): string {
  const name = printable(baseDn === '' ? backend : `${backend} ${baseDn}`);
  const found = foundEntries === undefined ? 'an unknown number of' : formatCount(foundEntries);
  switch (state) {
    case 'equal':
      return `${look.green('✓')} ${name}: ${found} entries, ${by === 'entries' ? 'each as it was backed up' : 'as many as were backed up'}`;
    case 'different': {
      const expected = expectedEntries === undefined ? 'an unknown number' : formatCount(expectedEntries);
      return `${look.red('✗')} ${name}: ${found} entries, ${expected} in the set${differences === undefined ? '' : `, ${formatCount(differences)} differ`}`;
    }
    case 'unknown':
      return `${look.yellow('!')} ${name}: not proven, as the set has nothing to compare with`;
  }
}
