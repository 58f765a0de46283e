import { useState } from 'preact/hooks';
import { formatDuration } from '../../../../src/foundation/durations.ts';
import { cancelCommand, type KeptCommand } from '../../api/kept-commands.ts';
import { may } from '../../api/session-state.ts';
import { useFollowedCommand } from '../../api/use-followed.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { FailureNote } from '../../parts/failure-note.tsx';
import { LiveSteps } from '../../parts/live-steps.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { CommandMark } from './command-mark.tsx';
import { lineOf } from './command-line.ts';
import { Lost } from './lost.tsx';
import { Notes } from './notes.tsx';
import { RecoveryView } from './recovery-view.tsx';
import { readRecovery } from './read-result.ts';
import { AsPrinted } from './run-result.tsx';

/** A command that the agent keeps, live, to its end. */
export function CommandPage({ id }: { readonly id: string }) {
  const { value, isLost, failure } = useFollowedCommand(id);
  const [isAsking, setIsAsking] = useState(false);
  const isStoppable = value?.state === 'running' && may(value.role);
  return (
    <Page
      title={value === undefined ? 'Command' : `Command: ${value.name}`}
      lead={<a href="/runs">To all runs</a>}
      actions={
        isStoppable ? (
          <button type="button" onClick={() => setIsAsking(true)}>
            Cancel
          </button>
        ) : undefined
      }
    >
      <FailureNote failure={failure} />
      {isLost ? <Lost isRunning={value?.state !== 'ended'} /> : null}
      {value === undefined ? failure === undefined ? <Loading what="the command" /> : null : <Told command={value} />}
      {isAsking && value !== undefined ? (
        <ConfirmDialog
          title={`Cancel ${value.name}?`}
          action="Cancel it"
          isDangerous
          onClose={() => setIsAsking(false)}
          onConfirm={async () => {
            await cancelCommand(id);
            setIsAsking(false);
          }}
        >
          <p>It is stopped where nothing is lost by that, as Ctrl-C does; what it did until then is told here.</p>
        </ConfirmDialog>
      ) : null}
    </Page>
  );
}

function Told({ command }: { readonly command: KeptCommand }) {
  const { failure, steps, notes, result, by, role, beganAt, endedAt, exitCode } = command;
  const recovery = readRecovery(result);
  return (
    <>
      <FailureNote failure={failure} />
      <Card title="Facts">
        <dl class="facts">
          <dt>State</dt>
          <dd>
            <CommandMark command={command} />
          </dd>
          <dt>Command</dt>
          <dd>
            <code>{lineOf(command)}</code>
          </dd>
          <dt>By</dt>
          <dd>
            {by}, as {role}
          </dd>
          <dt>Began</dt>
          <dd>
            <Time at={beganAt} />
          </dd>
          {endedAt === undefined ? null : (
            <>
              <dt>Ended</dt>
              <dd>
                <Time at={endedAt} />, after {formatDuration(Date.parse(endedAt) - Date.parse(beganAt))}
                {typeof exitCode === 'number' ? `, with exit code ${exitCode}` : ', by a signal'}
              </dd>
            </>
          )}
        </dl>
      </Card>
      {steps.length + notes.length === 0 ? null : (
        <Card title="Steps">
          <div class="stack">
            <LiveSteps steps={steps} />
            <Notes notes={notes} />
          </div>
        </Card>
      )}
      {result === undefined ? null : (
        <Card title="What came of it">
          <div class="stack">
            {recovery === undefined ? null : <RecoveryView report={recovery} />}
            <AsPrinted result={result} isOpen={recovery === undefined} />
          </div>
        </Card>
      )}
    </>
  );
}
