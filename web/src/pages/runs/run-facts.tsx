import { formatDuration } from '../../../../src/foundation/durations.ts';
import type { Run } from '../../../../src/agent/http/api-schemas.ts';
import { durationOf } from '../../api/runs.ts';
import { Mark } from '../../parts/mark.tsx';
import { OutcomeMark } from '../../parts/outcome-mark.tsx';
import { Age, Time } from '../../parts/time.tsx';

const triggers = {
  schedule: 'its schedule',
  'catch-up': 'its schedule, made up for as no agent ran then',
  request: 'a request',
  once: 'agent --once',
} as const;

/** What the run is, by whom and when. */
export function RunFacts({ run }: { readonly run: Run }) {
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <span role="status">
          <State run={run} />
        </span>
      </dd>
      <dt>Why</dt>
      <dd>
        {triggers[run.trigger]}
        {run.by === undefined ? '' : ` by ${run.by}`}
        {run.attempt > 1 ? `, attempt ${run.attempt}` : ''}
      </dd>
      {run.slot === undefined ? null : (
        <>
          <dt>For</dt>
          <dd>
            <Time at={run.slot} />
          </dd>
        </>
      )}
      <dt>Command</dt>
      <dd>
        <code>{run.words.join(' ')}</code>
      </dd>
      <Times run={run} />
      <dt>ID</dt>
      <dd class="mono">{run.id}</dd>
    </dl>
  );
}

function State({ run }: { readonly run: Run }) {
  if (run.state === 'ended') return <OutcomeMark outcome={run.outcome} isTriedAgain={run.isTriedAgain} />;
  return (
    <Mark kind="plain" symbol="running">
      {run.state === 'running' ? 'under way' : 'waits for its turn'}
    </Mark>
  );
}

function Times({ run }: { readonly run: Run }) {
  if (run.state !== 'ended')
    return (
      <>
        <dt>{run.beganAt === undefined ? 'Asked for' : 'Began'}</dt>
        <dd>
          <Age at={run.beganAt ?? run.queuedAt} />
        </dd>
      </>
    );
  return (
    <>
      <dt>Began</dt>
      <dd>
        <Time at={run.beganAt} />
      </dd>
      <dt>Ended</dt>
      <dd>
        <Time at={run.endedAt} />, after {formatDuration(durationOf(run))}
        {run.exitCode === undefined ? '' : `, with exit code ${run.exitCode}`}
      </dd>
      <dt>Agent</dt>
      <dd>
        {run.agent} of group {run.group}
      </dd>
    </>
  );
}
