import { formatDuration } from '../../../../src/foundation/durations.ts';
import type { RecoveryReport } from '../../../../src/domain/recovery-report.ts';
import { shortId } from '../../api/snapshots.ts';
import { Mark, type MarkKind } from '../../parts/mark.tsx';
import { ProofTable } from '../../parts/proof-table.tsx';

const outcomes: Readonly<Record<RecoveryReport['outcome'], MarkKind>> = { proven: 'good', unproven: 'warn', failed: 'bad' };

/** What a drill or a restore brought back, with its proof and the time of each step. */
export function RecoveryView({ report }: { readonly report: RecoveryReport }) {
  const { outcome, reason, snapshot, server, target, milliseconds, steps, proofs, assertions } = report;
  return (
    <div class="stack">
      <p class="row">
        <Mark kind={outcomes[outcome]}>{outcome}</Mark>
        <span>
          Snapshot{' '}
          <a class="mono" href={`/archive/${snapshot}`}>
            {shortId(snapshot)}
          </a>{' '}
          of {server}, into {target}, in {formatDuration(milliseconds)}
        </span>
      </p>
      {reason === undefined ? null : <p>{reason}</p>}
      <ProofTable proofs={proofs} />
      {assertions === undefined || assertions.length === 0 ? null : (
        <ul class="runs-list">
          {assertions.map(({ name, isMet, finding }) => (
            <li key={name}>
              <Mark kind={isMet ? 'good' : 'bad'}>{isMet ? 'met' : 'not met'}</Mark> {name}
              {finding === undefined ? '' : `: ${finding}`}
            </li>
          ))}
        </ul>
      )}
      <details>
        <summary>The time of each step</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" class="number">
                Took
              </th>
            </tr>
          </thead>
          <tbody>
            {steps.map(({ name, milliseconds: took }, index) => (
              <tr key={`${index} ${name}`}>
                <td>{name}</td>
                <td class="number">{formatDuration(took)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}
