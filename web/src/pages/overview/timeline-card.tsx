import { useLocation } from 'preact-iso';
import { slowNow } from '../../api/now.ts';
import { listRuns, mostRuns, type RunRecord } from '../../api/runs.ts';
import type { ListedSnapshot } from '../../api/snapshots.ts';
import { useReloadAt, useResource } from '../../api/use-resource.ts';
import { Card } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { useInView } from '../../parts/use-in-view.ts';
import { Time } from '../../parts/time.tsx';
import { TimelineDrawing } from './timeline-drawing.tsx';
import { formOfRun, type MarkForm, type TimelineEvent } from './timeline-layout.ts';
import { TimelineTable } from './timeline-table.tsx';
import { countOf } from '../../parts/count-of.ts';

const spans = [7, 30, 90] as const;
const day = 86_400_000;
/** The clock of the page goes on in steps, and that of another machine is another one: what has just ended is not of tomorrow. */
const slack = 60_000;
const noSnapshots: readonly ListedSnapshot[] = [];

/** Runs and snapshots of the last days, by job, as a drawing and as a table. */
export function TimelineCard({
  snapshots,
  changed,
}: {
  readonly snapshots: readonly ListedSnapshot[] | undefined;
  readonly changed: string;
}) {
  const [element, isSeen] = useInView<HTMLDivElement>();
  const { query, route } = useLocation();
  const days = spans.find((one) => String(one) === query['days']) ?? 7;
  // Four backups a day, and some more.
  const limit = days === 7 ? 200 : mostRuns;
  const runs = useResource(isSeen ? (signal) => listRuns({ limit }, { signal }) : undefined, [limit]);
  useReloadAt(runs, changed);
  const to = slowNow.value;
  const from = to - days * day;
  return (
    <div ref={element} class="overview-timeline-card">
      <Card title="Runs and snapshots" aside={<Spans days={days} onChange={(next) => route(next === 7 ? '/' : `/?days=${next}`, true)} />}>
        <ResourceView of={runs} what="the runs">
          {(all) => {
            const events = eventsOf(all, snapshots ?? noSnapshots).filter(({ time }) => time >= from && time <= to + slack);
            return (
              <div class="stack">
                <Summary events={events} runs={all} days={days} />
                <TimelineDrawing events={events} from={from} to={to} />
                <CutOff runs={all} limit={limit} from={from} />
                <TimelineTable events={events} />
              </div>
            );
          }}
        </ResourceView>
      </Card>
    </div>
  );
}

function Spans({ days, onChange }: { readonly days: number; readonly onChange: (days: number) => void }) {
  return (
    <fieldset class="overview-spans">
      <legend class="hidden-text">How far back</legend>
      {spans.map((one) => (
        <label key={one}>
          <input type="radio" name="overview-days" checked={one === days} onChange={() => onChange(one)} />
          {one} days
        </label>
      ))}
    </fieldset>
  );
}

function eventsOf(runs: readonly RunRecord[], snapshots: readonly ListedSnapshot[]): readonly TimelineEvent[] {
  return [
    ...runs.map(({ id, job, endedAt, outcome }): TimelineEvent => ({ row: job, id, time: Date.parse(endedAt), form: formOfRun(outcome) })),
    ...snapshots.map(({ id, time, state }): TimelineEvent => ({
      row: 'snapshots',
      id,
      time: Date.parse(time),
      form: formOfSnapshot(state),
    })),
  ];
}

function formOfSnapshot(state: ListedSnapshot['state']): MarkForm {
  return state === 'complete' ? 'good' : state === 'damaged' ? 'bad' : 'part';
}

function Summary({
  events,
  runs,
  days,
}: {
  readonly events: readonly TimelineEvent[];
  readonly runs: readonly RunRecord[];
  readonly days: number;
}) {
  const ofRuns = events.filter(({ row }) => row !== 'snapshots');
  const failed = ofRuns.filter(({ form }) => form === 'bad');
  const newest = failed.toSorted((a, b) => b.time - a.time)[0];
  const run = runs.find(({ id }) => id === newest?.id);
  return (
    <p>
      In the last {days} days {countOf(ofRuns.length, 'run')}, {failed.length === 0 ? 'none' : <strong>{failed.length}</strong>} failed, and{' '}
      {countOf(events.length - ofRuns.length, 'snapshot')} that {events.length - ofRuns.length === 1 ? 'is' : 'are'} kept.
      {run === undefined ? null : (
        <>
          {' '}
          The newest failure: <a href={`/runs/${run.id}`}>{run.job}</a>, <Time at={run.endedAt} />
          {run.failure === undefined ? '' : `: ${run.failure.message}`}
        </>
      )}
    </p>
  );
}

/** What is not shown is said. */
function CutOff({ runs, limit, from }: { readonly runs: readonly RunRecord[]; readonly limit: number; readonly from: number }) {
  const oldest = runs.at(-1);
  if (oldest === undefined || runs.length < limit || Date.parse(oldest.endedAt) <= from) return null;
  return (
    <p class="muted small">
      Only the newest {limit} runs are shown, back to <Time at={oldest.endedAt} />.
    </p>
  );
}
