import { formatCount } from '../../../src/foundation/counts.ts';
import type { EntryProof } from '../../../src/domain/recovery-report.ts';
import { Mark } from './mark.tsx';

const marks = {
  equal: <Mark kind="good">the same</Mark>,
  different: <Mark kind="bad">different</Mark>,
  unknown: <Mark kind="warn">not compared</Mark>,
} as const;

const ways = { entries: 'every entry', counts: 'their number only', none: 'nothing' } as const;

/** What was compared with what, by backend and replica. */
export function ProofTable({ proofs }: { readonly proofs: readonly EntryProof[] }) {
  if (proofs.length === 0) return <p class="muted">Nothing was compared.</p>;
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label="Proof">
      <table>
        <caption class="hidden-text">What was compared</caption>
        <thead>
          <tr>
            <th scope="col">Server</th>
            <th scope="col">Entries below</th>
            <th scope="col" class="number">
              Found
            </th>
            <th scope="col" class="number">
              Expected
            </th>
            <th scope="col">Compared</th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {proofs.map((proof) => (
            <tr key={`${proof.server} ${proof.backend} ${proof.baseDn}`}>
              <td>{proof.server}</td>
              <td>{proof.baseDn === '' ? proof.backend : proof.baseDn}</td>
              <td class="number">{countOf(proof.foundEntries)}</td>
              <td class="number">{countOf(proof.expectedEntries)}</td>
              <td>
                {ways[proof.by]}
                {proof.changedMeanwhile === undefined || proof.changedMeanwhile === 0
                  ? ''
                  : `; ${formatCount(proof.changedMeanwhile)} changed while it was backed up`}
              </td>
              <td>
                {marks[proof.state]}
                {proof.differences === undefined || proof.differences === 0 ? '' : ` ${formatCount(proof.differences)} entries`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function countOf(entries: number | undefined): string {
  return entries === undefined ? 'unknown' : formatCount(entries);
}
