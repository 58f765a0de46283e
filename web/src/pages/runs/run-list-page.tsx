import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { formatDuration } from '../../../../src/foundation/durations.ts';
import { durationOf, jobNames, listRuns, mostRuns, outcomeNames, type Job, type RunOutcome, type RunRecord } from '../../api/runs.ts';
import { may } from '../../api/session-state.ts';
import { endedKey, useStatus } from '../../api/status.ts';
import { useReloadAt, useResource } from '../../api/use-resource.ts';
import { Loading } from '../../parts/loading.tsx';
import { OutcomeMark } from '../../parts/outcome-mark.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { ToldBefore } from '../../parts/told-before.tsx';
import { VirtualTable } from '../../parts/virtual-table.tsx';
import { ActiveCard } from './active-card.tsx';
import { CommandsCard } from './commands-card.tsx';
import { RunDialog } from './run-dialog.tsx';
import { RunFilter } from './run-filter.tsx';
import { jobOfText, outcomeOfText, pathOf } from './run-query.ts';
import { summaryOf } from './run-summary.ts';

const firstRuns = 200;

/** What runs, what the agent was told to do, and what has ended, the newest first. */
export function RunListPage() {
  const { query, route } = useLocation();
  const job = jobOfText(query['job']);
  const outcome = outcomeOfText(query['outcome']);
  const wanted = jobOfText(query['run']);
  const status = useStatus();
  const change = (next: { job?: Job | undefined; outcome?: RunOutcome | undefined; run?: Job | undefined }): void =>
    route(pathOf({ job, outcome, ...next }), true);
  return (
    <Page
      title="Runs"
      actions={
        may('operator') ? (
          <button type="button" class="primary" onClick={() => change({ run: 'backup' })}>
            Run now
          </button>
        ) : undefined
      }
    >
      <ToldBefore failure={status.failure} toldAt={status.toldAt} />
      <ActiveCard active={status.value?.active ?? []} />
      <CommandsCard />
      <EndedCard
        job={job}
        outcome={outcome}
        changed={endedKey(status.value)}
        filter={<RunFilter job={job} outcome={outcome} jobs={jobNames} outcomes={outcomeNames} onChange={change} />}
      />
      {wanted !== undefined && may('operator') ? (
        <RunDialog job={wanted} onClose={() => change({})} onJob={(next) => change({ run: next })} onBegun={(id) => route(`/runs/${id}`)} />
      ) : null}
    </Page>
  );
}

interface EndedProps {
  readonly job: Job | undefined;
  readonly outcome: RunOutcome | undefined;
  readonly changed: string;
  readonly filter: ComponentChildren;
}

function EndedCard({ job, outcome, changed, filter }: EndedProps) {
  const [limit, setLimit] = useState(firstRuns);
  const runs = useResource((signal) => listRuns({ job, limit }, { signal }), [job]);
  useReloadAt(runs, changed);
  useReloadAt(runs, String(limit));
  const { value, failure, toldAt, isLoading } = runs;
  const shown = value?.filter((run) => outcome === undefined || run.outcome === outcome) ?? [];
  return (
    <Card title="Ended" aside={filter}>
      <div class="stack">
        <ToldBefore failure={failure} toldAt={toldAt} />
        {value === undefined ? failure === undefined ? <Loading what="the runs" /> : null : <RunTable runs={shown} />}
        {value !== undefined && value.length >= limit && limit < mostRuns ? (
          <p class="row">
            <button type="button" disabled={isLoading} onClick={() => setLimit((before) => Math.min(mostRuns, before + firstRuns))}>
              Show older ones
            </button>
            <span class="muted small">{value.length} were looked through.</span>
          </p>
        ) : null}
        {value !== undefined && value.length >= mostRuns ? (
          <p class="muted small">
            Only the newest {mostRuns} are shown. All that are kept are told by <code>rootcellar runs --limit</code>.
          </p>
        ) : null}
      </div>
    </Card>
  );
}

function RunTable({ runs }: { readonly runs: readonly RunRecord[] }) {
  if (runs.length === 0) return <p class="muted">There are none.</p>;
  return (
    <VirtualTable<RunRecord>
      label="Runs that have ended, the newest first"
      rows={runs}
      keyOf={({ id, attempt }) => `${id} ${attempt}`}
      columns={[
        {
          title: 'Ended',
          cell: ({ id, endedAt }) => (
            <a href={`/runs/${id}`}>
              <Time at={endedAt} />
            </a>
          ),
        },
        { title: 'Job', cell: ({ job }) => job },
        { title: 'Outcome', cell: ({ outcome, isTriedAgain }) => <OutcomeMark outcome={outcome} isTriedAgain={isTriedAgain} /> },
        { title: 'Took', isNumber: true, cell: (run) => formatDuration(durationOf(run)) },
        { title: 'Agent', cell: ({ agent }) => agent },
        { title: 'What came of it', cell: (run) => <span class="runs-summary">{summaryOf(run)}</span> },
      ]}
    />
  );
}
