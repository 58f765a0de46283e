import { formatCount } from '../../../../../src/foundation/counts.ts';
import { formatDuration } from '../../../../../src/foundation/durations.ts';
import type { EntryProof, RecoveryReport } from '../../../../../src/domain/recovery-report.ts';
import { Mark } from '../../../parts/mark.tsx';
import { Card } from '../../../parts/page.tsx';
import { Time } from '../../../parts/time.tsx';
import type { StoredReport } from './snapshot-document.ts';

const outcomes = { proven: 'good', unproven: 'warn', failed: 'bad' } as const;
const kinds = { restore: 'Restore', drill: 'Drill' } as const;
const mostOpen = 20;

/** What came of the restores and drills of a snapshot, the newest first. */
export function ReportsCard({ reports }: { readonly reports: readonly StoredReport[] }) {
  return (
    <Card title="Did it come back?">
      {reports.length === 0 ? (
        <p class="muted">Nobody has tried yet: no restore and no drill of it is on record.</p>
      ) : (
        <ol class="archive-reports">
          {reports.slice(0, mostOpen).map((one) => (
            <li key={one.key}>
              <Report of={one} />
            </li>
          ))}
        </ol>
      )}
      {reports.length > mostOpen ? <p class="muted">and {formatCount(reports.length - mostOpen)} older ones</p> : null}
    </Card>
  );
}

function Report({ of: { time, kind, outcome, report, damage } }: { readonly of: StoredReport }) {
  return (
    <>
      <div class="row">
        <Mark kind={outcomes[outcome]}>{outcome}</Mark>
        <span>
          {kinds[kind]}, <Time at={time} />
          {report === undefined ? '' : `, took ${formatDuration(report.milliseconds)}, to ${report.target}`}
        </span>
      </div>
      {damage === undefined ? null : <p class="muted">The report is damaged: {damage}</p>}
      {report === undefined ? null : <ReportFacts report={report} />}
    </>
  );
}

function ReportFacts({ report: { reason, proofs, steps, assertions = [] } }: { readonly report: RecoveryReport }) {
  return (
    <>
      {reason === undefined ? null : <p>{reason}</p>}
      <ul>
        {proofs.map((proof) => (
          <li key={`${proof.server} ${proof.backend} ${proof.baseDn}`}>{proofText(proof)}</li>
        ))}
        {assertions.map(({ name, isMet, finding }) => (
          <li key={name}>
            {isMet ? 'met' : 'not met'}: {name}
            {finding === undefined ? '' : ` (${finding})`}
          </li>
        ))}
      </ul>
      <details>
        <summary>Steps</summary>
        <ol>
          {steps.map(({ name, milliseconds }, index) => (
            <li key={index}>
              {name}: {formatDuration(milliseconds)}
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}

function proofText({ server, baseDn, by, state, expectedEntries, foundEntries, differences, changedMeanwhile }: EntryProof): string {
  const found = foundEntries === undefined ? 'entries not counted' : `${formatCount(foundEntries)} entries`;
  const wanted = expectedEntries === undefined || expectedEntries === foundEntries ? '' : ` of ${formatCount(expectedEntries)}`;
  const how = { entries: 'every entry compared', counts: 'only their number compared', none: 'nothing to compare with' }[by];
  const verdict = { equal: 'equal', different: `${formatCount(differences ?? 0)} differ`, unknown: 'not known' }[state];
  const meanwhile =
    changedMeanwhile === undefined || changedMeanwhile === 0 ? '' : `; ${formatCount(changedMeanwhile)} written during the backup`;
  return `${baseDn} at ${server}: ${found}${wanted}, ${how}: ${verdict}${meanwhile}`;
}
