import { useState } from 'preact/hooks';
import { formatCount } from '../../../../src/foundation/counts.ts';
import { cancelCommand, type KeptCommand } from '../../api/kept-commands.ts';
import { may } from '../../api/session-state.ts';
import { useFollowedCommand } from '../../api/use-followed.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { FailureNote } from '../../parts/failure-note.tsx';
import { LiveSteps } from '../../parts/live-steps.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Age } from '../../parts/time.tsx';
import { textsOf } from './command-names.ts';
import { Outcome } from './outcome.tsx';
import { Stages } from './stages.tsx';
import { stagesOf, type Stage } from './stages-of.ts';
import { stopTextOf } from './stop-text.ts';
import { UnfinishedNote } from './unfinished-note.tsx';

/** A restore as it goes on, and what came of it. It runs at the agent, whether or not this page is open. */
export function WatchPage({ id }: { readonly id: string }) {
  const { value: command, isLost, failure } = useFollowedCommand(id);
  const title = command === undefined ? 'A restore' : titleOf(command);
  return (
    <Page title={title}>
      {isLost ? (
        <div class="note note-warn" role="status">
          <p>
            <strong>The agent does not answer at the moment.</strong> It is asked again by itself. What is shown is what it told last.
          </p>
        </div>
      ) : null}
      <FailureNote failure={failure} />
      {failure === undefined ? null : <Forgotten />}
      {command === undefined ? failure === undefined ? <Loading what="what it told so far" /> : null : <Watched command={command} />}
    </Page>
  );
}

function titleOf(command: KeptCommand): string {
  const { running, done, failed } = textsOf(command);
  if (command.state === 'running') return `${running} …`;
  return command.exitCode === 0 ? done : failed;
}

function Watched({ command }: { readonly command: KeptCommand }) {
  const { state, steps, notes, by, beganAt } = command;
  const stages = stagesOf(command);
  return (
    <>
      {state === 'ended' ? <Outcome command={command} /> : null}
      <Card
        title={state === 'running' ? 'Under way' : 'What was done'}
        aside={
          <span class="muted">
            begun by {by} <Age at={beganAt} />
          </span>
        }
      >
        {steps.length === 0 && stages.length === 0 ? (
          <p class="muted">{state === 'running' ? 'It looks at the server and the archive.' : 'Nothing.'}</p>
        ) : null}
        {stages.length === 0 ? <LiveSteps steps={steps} /> : <Planned stages={stages} steps={steps} isOver={state === 'ended'} />}
        <Notes notes={notes} />
      </Card>
      {state === 'running' ? <WhileRunning command={command} /> : null}
    </>
  );
}

/** The plan and how far it is; each step of it, with the time it took, for whoever wants to know. */
function Planned({ stages, steps, isOver }: Pick<KeptCommand, 'steps'> & { readonly stages: readonly Stage[]; readonly isOver: boolean }) {
  return (
    <div class="stack">
      <p class="muted">
        {formatCount(stages.filter(({ state }) => state === 'done').length)} of {formatCount(stages.length)} done
      </p>
      <Stages stages={stages} steps={steps} />
      {steps.length === 0 ? null : (
        <details class="restore-more" open={isOver}>
          <summary>Each step, and how long it took</summary>
          <LiveSteps steps={steps} />
        </details>
      )}
    </div>
  );
}

/** Warnings at once; the rest, mostly the server's own lines, for whoever wants them. */
function Notes({ notes }: Pick<KeptCommand, 'notes'>) {
  const warnings = notes.filter(({ level }) => level === 'warning');
  const rest = notes.filter(({ level }) => level === 'info');
  return (
    <>
      {warnings.map(({ text }, index) => (
        <p key={index} class="restore-note restore-note-warning">
          {text}
        </p>
      ))}
      {rest.length === 0 ? null : (
        <details class="restore-more restore-note">
          <summary>What it told meanwhile ({formatCount(rest.length)} lines)</summary>
          <pre>{rest.map(({ text }) => text).join('\n')}</pre>
        </details>
      )}
    </>
  );
}

function WhileRunning({ command }: { readonly command: KeptCommand }) {
  const [isAsked, setIsAsked] = useState(false);
  const [isStopped, setIsStopped] = useState(false);
  const { noun } = textsOf(command);
  return (
    <Card title="You can leave this page">
      <p>The {noun} goes on at the agent. This address, and the page Restore, show it again.</p>
      {isStopped ? <p role="status">It was asked to stop. It does so as soon as it can without leaving harm.</p> : null}
      {may('restorer') && !isStopped ? (
        <p class="restore-back">
          <button type="button" onClick={() => setIsAsked(true)}>
            Stop the {noun} …
          </button>
        </p>
      ) : null}
      {isAsked ? (
        <ConfirmDialog
          title={`Stop the ${noun}?`}
          action={`Stop the ${noun}`}
          isDangerous
          onClose={() => setIsAsked(false)}
          onConfirm={async () => {
            await cancelCommand(command.id);
            setIsAsked(false);
            setIsStopped(true);
          }}
        >
          <p>{stopTextOf(command)}</p>
          <p>Seldom is that better than letting it come to its end.</p>
        </ConfirmDialog>
      ) : null}
    </Card>
  );
}

/** The agent knows it no longer: what it left, the server's journal and the archive's reports still tell. */
function Forgotten() {
  return (
    <>
      <p>
        An agent keeps what it ran for a day, and forgets it when it is started anew. What came of a restore also stands beside its backup:{' '}
        <a href="/restore">look at the restores before</a>.
      </p>
      <UnfinishedNote />
    </>
  );
}
