import type { AgentStatus, JobStatus } from '../../api/status.ts';
import type { Resource } from '../../api/use-resource.ts';
import { useFollowedRun } from '../../api/use-followed.ts';
import { LiveSteps } from '../../parts/live-steps.tsx';
import { Loading } from '../../parts/loading.tsx';
import { OutcomeMark } from '../../parts/outcome-mark.tsx';
import { Card } from '../../parts/page.tsx';
import { Age, Time } from '../../parts/time.tsx';
import { ToldBefore } from '../../parts/told-before.tsx';

/** A browser has six connections to an agent, and each run that is followed takes one. */
const mostFollowed = 2;

type ActiveRun = AgentStatus['active'][number];

/** What the agent does now, and what it will do when. */
export function WorkCard({ status }: { readonly status: Resource<AgentStatus> }) {
  const { value, failure, toldAt } = status;
  return (
    <>
      <Card
        title="Now"
        aside={
          value === undefined ? undefined : (
            <span class="muted small">
              agent {value.name} of group {value.group}
            </span>
          )
        }
      >
        <ToldBefore failure={failure} toldAt={toldAt} />
        {value === undefined ? failure === undefined ? <Loading what="what runs" /> : null : <Now status={value} />}
      </Card>
      {value === undefined ? null : <JobsCard jobs={value.jobs} />}
    </>
  );
}

function Now({ status: { active, jobs, name, trouble, reloadFailure, state } }: { readonly status: AgentStatus }) {
  const elsewhere = jobs.filter(({ leader, job }) => leader !== undefined && leader !== name && !active.some((run) => run.job === job));
  const followed = active
    .filter((run) => run.state === 'running')
    .slice(0, mostFollowed)
    .map(({ id }) => id);
  return (
    <div class="stack">
      {trouble === undefined ? null : <p class="note note-bad">In the way of its work: {trouble}</p>}
      {reloadFailure === undefined ? null : (
        <p class="note note-warn">The configuration that was changed last is not in force: {reloadFailure}</p>
      )}
      {state === 'stopping' ? <p class="note note-warn">The agent is stopping: it takes nothing more.</p> : null}
      {active.map((run) => (
        <ActiveLine key={run.id} run={run} isFollowed={followed.includes(run.id)} />
      ))}
      {elsewhere.map(({ job, leader }) => (
        <p key={job}>
          Another agent, <strong>{leader}</strong>, runs the {job}.
        </p>
      ))}
      {active.length + elsewhere.length === 0 ? <p class="muted">Nothing runs.</p> : null}
    </div>
  );
}

function ActiveLine({ run, isFollowed }: { readonly run: ActiveRun; readonly isFollowed: boolean }) {
  const { value, isLost } = useFollowedRun(isFollowed ? run.id : undefined);
  const steps = value?.told.steps ?? [];
  return (
    <div class="overview-active">
      <p class="row">
        <strong>
          <a href={`/runs/${run.id}`}>{run.job}</a>
        </strong>
        {run.beganAt === undefined ? (
          <span class="muted">
            waits for its turn, asked for <Age at={run.queuedAt} />
          </span>
        ) : (
          <span class="muted">
            began <Age at={run.beganAt} />
          </span>
        )}
        {isLost ? <span class="muted">; the agent does not answer at the moment</span> : null}
      </p>
      {steps.length === 0 ? null : <LiveSteps steps={steps} />}
    </div>
  );
}

function JobsCard({ jobs }: { readonly jobs: readonly JobStatus[] }) {
  const inOrder = jobs.toSorted((a, b) => (a.nextAt ?? '9').localeCompare(b.nextAt ?? '9'));
  return (
    <Card title="Next runs" aside={<a href="/runs">All runs</a>}>
      <div class="table-frame" tabIndex={0} role="region" aria-label="Next runs">
        <table class="overview-table">
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Next</th>
              <th scope="col">Schedule</th>
              <th scope="col">Last run</th>
              <th scope="col">Last success</th>
              <th scope="col">Run by</th>
            </tr>
          </thead>
          <tbody>
            {inOrder.map((job) => (
              <JobRow key={job.job} of={job} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function JobRow({ of: { job, schedule, timeZone, nextAt, isLeader, leader, last, lastSuccess } }: { readonly of: JobStatus }) {
  return (
    <tr>
      <th scope="row" class="overview-name">
        {job}
      </th>
      <td>
        {nextAt === undefined ? (
          <span class="muted">not by itself</span>
        ) : (
          <>
            <Age at={nextAt} />{' '}
            <span class="muted small">
              <Time at={nextAt} />
            </span>
          </>
        )}
      </td>
      <td>
        {schedule === undefined ? (
          <span class="muted">none</span>
        ) : (
          <>
            <code>{schedule}</code> <span class="muted small">{timeZone}</span>
          </>
        )}
      </td>
      <td>
        {last === undefined ? (
          <span class="muted">none known</span>
        ) : (
          <>
            <OutcomeMark outcome={last.outcome} />{' '}
            <a href={`/runs/${last.id}`}>
              <Age at={last.endedAt} />
            </a>
          </>
        )}
      </td>
      <td>{lastSuccess === undefined ? <span class="muted">none known</span> : <Age at={lastSuccess.endedAt} />}</td>
      <td>{leader ?? (isLeader ? 'this agent' : <span class="muted">whoever is first</span>)}</td>
    </tr>
  );
}
