import { useState } from 'preact/hooks';
import type { ApiFailure } from '../../api/api-failure.ts';
import { cancelRun } from '../../api/runs.ts';
import { may } from '../../api/session-state.ts';
import { useFollowedRun, type FollowedRun } from '../../api/use-followed.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { FailureNote } from '../../parts/failure-note.tsx';
import { LiveSteps } from '../../parts/live-steps.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Lost } from './lost.tsx';
import { Notes } from './notes.tsx';
import { RunFacts } from './run-facts.tsx';
import { RunResult } from './run-result.tsx';

/** One run, live until its end: what it is, how far it is, and what came of it. */
export function RunPage({ id }: { readonly id: string }) {
  const { value, isLost, failure } = useFollowedRun(id);
  const [isAsking, setIsAsking] = useState(false);
  const isActive = value !== undefined && value.state !== 'ended' && failure === undefined;
  return (
    <Page
      title={value === undefined ? 'Run' : `Run of ${value.job}`}
      lead={<a href="/runs">To all runs</a>}
      actions={
        isActive && may('operator') ? (
          <button type="button" onClick={() => setIsAsking(true)}>
            Cancel
          </button>
        ) : undefined
      }
    >
      <Gone failure={failure} run={value} />
      {isLost ? <Lost isRunning={value?.state !== 'ended'} /> : null}
      {value === undefined ? failure === undefined ? <Loading what="the run" /> : null : <RunView run={value} />}
      {isAsking && isActive ? (
        <ConfirmDialog
          title={`Cancel this ${value.job}?`}
          action="Cancel it"
          isDangerous
          onClose={() => setIsAsking(false)}
          onConfirm={async () => {
            await cancelRun(id);
            setIsAsking(false);
          }}
        >
          <p>
            {value.state === 'queued'
              ? 'It waits for its turn, and is taken out of the queue.'
              : 'It is stopped as by Ctrl-C: what it began is undone, and nothing that is in the archive is lost. The next run by the schedule is not touched.'}
          </p>
        </ConfirmDialog>
      ) : null}
    </Page>
  );
}

/** A run that one watched, and of which the agent knows nothing any longer, was cut off with the agent. */
function Gone({ failure, run }: { readonly failure: ApiFailure | undefined; readonly run: FollowedRun | undefined }) {
  if (failure === undefined || run === undefined || failure.status !== 404) return <FailureNote failure={failure} />;
  return (
    <div class="note note-bad" role="alert">
      <p>
        <strong>The agent was started anew meanwhile, and nothing is known of this run: it was cut off before its end.</strong>
      </p>
      <p>
        To do: look at <a href="/runs">the runs</a>, whether another one has taken its place, or run the {run.job} once more. What is shown
        is what was told last.
      </p>
    </div>
  );
}

function RunView({ run }: { readonly run: FollowedRun }) {
  const { told } = run;
  return (
    <>
      {run.state === 'ended' ? <FailureNote failure={run.failure} /> : null}
      <Card title="Facts">
        <RunFacts run={run} />
      </Card>
      {told.steps.length + told.notes.length === 0 ? null : (
        <Card title="Steps">
          <div class="stack">
            <LiveSteps steps={told.steps} />
            <Notes notes={told.notes} />
          </div>
        </Card>
      )}
      {run.state === 'ended' ? <RunResult run={run} /> : null}
    </>
  );
}
