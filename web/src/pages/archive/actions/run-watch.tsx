import { useEffect, useRef } from 'preact/hooks';
import type { Run } from '../../../../../src/agent/http/api-schemas.ts';
import { useFollowedRun } from '../../../api/use-followed.ts';
import { FailureNote } from '../../../parts/failure-note.tsx';
import { LiveSteps } from '../../../parts/live-steps.tsx';
import { Mark } from '../../../parts/mark.tsx';
import { OutcomeMark } from '../../../parts/outcome-mark.tsx';

export interface WatchedRun {
  readonly id: string;
  /** `Verify of 3f2a…`. */
  readonly title: string;
}

/** A run that was begun on this page, live to its end; `onEnd` is called once. It goes on whether or not it is watched. */
export function RunWatch({ run: { id, title }, onEnd }: { readonly run: WatchedRun; readonly onEnd: () => void }) {
  const { value: run, isLost, failure } = useFollowedRun(id);
  const latest = useRef(onEnd);
  latest.current = onEnd;
  const isEnded = run?.state === 'ended';
  useEffect(() => {
    if (isEnded) latest.current();
  }, [isEnded]);
  return (
    <section class="card archive-watch" aria-label={title}>
      <div class="card-head">
        <h2>{title}</h2>
        <div class="row">
          <span role="status">
            <StateOfRun run={run} />
          </span>
          <a href={`/runs/${encodeURIComponent(id)}`}>The run</a>
        </div>
      </div>
      <FailureNote failure={failure} />
      {isLost ? <p class="muted">The agent does not answer at the moment; this goes on when it does.</p> : null}
      {run === undefined ? null : run.state === 'ended' ? (
        <FailureNote failure={run.failure && { hint: undefined, ...run.failure }} />
      ) : (
        <LiveSteps steps={run.told.steps} />
      )}
    </section>
  );
}

function StateOfRun({ run }: { readonly run: Run | undefined }) {
  if (run?.state === 'ended') return <OutcomeMark outcome={run.outcome} />;
  if (run?.state !== 'running') return <Mark kind="plain">waits for its turn</Mark>;
  return (
    <Mark kind="plain" symbol="running">
      under way
    </Mark>
  );
}
