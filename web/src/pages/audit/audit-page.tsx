import { useState } from 'preact/hooks';
import { formatCount } from '../../../../src/foundation/counts.ts';
import { FailureNote } from '../../parts/failure-note.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { VirtualTable, type Column } from '../../parts/virtual-table.tsx';
import { AuditDetails } from './audit-details.tsx';
import type { AuditEntry } from './audit-entries.ts';
import { filtered, noFilter } from './audit-filter.ts';
import { AuditFilters } from './audit-filters.tsx';
import { actionText, subjectText } from './audit-words.ts';
import './audit.css';
import { OutcomeMark } from './outcome-mark.tsx';
import { useAudit } from './use-audit.ts';

/** Who did what, when, from where, and whether they might. */
export function AuditPage() {
  const audit = useAudit();
  const [filter, setFilter] = useState(noFilter);
  const [shown, setShown] = useState<AuditEntry>();
  const { entries, isLoading, hasMore, failure } = audit;
  const rows = filtered(entries, filter);
  return (
    <Page
      title="Audit"
      lead="Who did what by the agents of this group. It is kept in the archive, and nobody can change it here."
      actions={
        <button type="button" disabled={isLoading} onClick={audit.readAnew}>
          Read anew
        </button>
      }
    >
      <FailureNote failure={failure} onRetry={audit.readAnew} />
      <AuditFilters entries={entries} filter={filter} onChange={setFilter} />
      {entries.length === 0 && isLoading ? <Loading what="the audit" /> : null}
      {entries.length === 0 && !isLoading && failure === undefined ? <p>Nothing was done yet.</p> : null}
      {entries.length === 0 ? null : (
        <>
          <p class="muted" role="status">
            {rows.length === entries.length
              ? `${formatCount(rows.length)} read`
              : `${formatCount(rows.length)} of ${formatCount(entries.length)} that were read`}
            {hasMore ? '; there are older ones.' : '; there are no older ones.'}
          </p>
          <VirtualTable label="What was done" rowHeight={45} rows={rows} keyOf={({ id }) => id} columns={columnsOf(setShown)} />
          {hasMore ? (
            <div>
              <button type="button" disabled={isLoading} onClick={audit.readOlder}>
                {isLoading ? 'Reading …' : 'Read older ones'}
              </button>
            </div>
          ) : null}
        </>
      )}
      {shown === undefined ? null : <AuditDetails entry={shown} onClose={() => setShown(undefined)} />}
    </Page>
  );
}

function columnsOf(show: (entry: AuditEntry) => void): readonly Column<AuditEntry>[] {
  return [
    { title: 'When', cell: ({ time }) => <Time at={time} /> },
    {
      title: 'Who',
      cell: ({ who }) => (
        <>
          {who.name} <span class="muted small">{who.role ?? 'nobody knows'}</span>
        </>
      ),
    },
    { title: 'Did', cell: actionText },
    {
      title: 'With',
      cell: (entry) => (
        <span class="audit-words" title={subjectText(entry)}>
          {subjectText(entry)}
        </span>
      ),
    },
    { title: 'Outcome', cell: ({ outcome }) => <OutcomeMark outcome={outcome} /> },
    {
      title: 'More',
      cell: (entry) => (
        <button type="button" class="link" onClick={() => show(entry)} aria-label={`More of: ${entry.who.name} ${actionText(entry)}`}>
          More
        </button>
      ),
    },
  ];
}
