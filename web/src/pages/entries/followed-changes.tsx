import { useState } from 'preact/hooks';
import { failureFrom, type ApiFailure } from '../../api/api-failure.ts';
import { cancelCommand, type KeptCommand } from '../../api/kept-commands.ts';
import { useFollowedCommand } from '../../api/use-followed.ts';
import { FailureNote } from '../../parts/failure-note.tsx';
import { LiveSteps } from '../../parts/live-steps.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { changesAddress, undoAddress } from './addresses.ts';
import { CommandNotes } from './command-notes.tsx';
import { AppliedChanges } from './applied-changes.tsx';
import type { ChangesDocument } from './documents.ts';
import { commandLine } from './words.ts';

/** One command that changes entries, as it goes on, and what came of it. */
export function FollowedChanges({ id }: { readonly id: string }) {
  const { value: command, isLost, failure } = useFollowedCommand(id);
  return (
    <>
      <FailureNote failure={failure} />
      {isLost ? (
        <div class="note note-warn" role="alert">
          <p>The agent does not answer at the moment, and is asked again. What is shown is what it told last.</p>
        </div>
      ) : null}
      {command === undefined ? failure === undefined ? <Loading what="the command" /> : null : <Command command={command} />}
      <p>
        <a href={changesAddress()}>All changes made</a>
      </p>
    </>
  );
}

function Command({ command }: { readonly command: KeptCommand }) {
  const { words, by, beganAt, steps, notes, failure, state } = command;
  const document = command.result as ChangesDocument | undefined;
  return (
    <>
      <Card title="The command" aside={<CommandState of={command} />}>
        <div class="stack">
          <p>
            <code>{commandLine(words.filter((word) => word !== '--json' && word !== '--yes'))}</code>
          </p>
          <p class="muted small">
            Begun <Time at={beganAt} /> by {by}.
          </p>
          <LiveSteps steps={steps} />
          <CommandNotes notes={notes} />
          {state === 'running' ? <Stop id={command.id} /> : null}
        </div>
      </Card>
      <FailureNote failure={failure === undefined ? undefined : { ...failure, hint: failure.hint }} />
      {state === 'ended' && document?.result === undefined ? <UndoLink notes={notes} /> : null}
      {document === undefined ? null : <AppliedChanges document={document} />}
    </>
  );
}

/** In one word; of an ended command by its exit code: 3 is done in part. */
export function CommandState({ of: { state, exitCode, failure } }: { readonly of: KeptCommand }) {
  if (state === 'running')
    return (
      <Mark kind="plain" symbol="running">
        running
      </Mark>
    );
  if (exitCode === 0) return <Mark kind="good">done</Mark>;
  if (exitCode === 3 && failure === undefined) return <Mark kind="warn">done in part</Mark>;
  return <Mark kind="bad">failed</Mark>;
}

/** Where its undo file lies, as it told before its first change: there is a way back even where it was cut off, or its document was not kept. */
function UndoLink({ notes }: { readonly notes: KeptCommand['notes'] }) {
  const file = notes.map(({ text }) => /^undo file: (.+)$/s.exec(text)?.[1]).find((one) => one !== undefined);
  if (file === undefined) return null;
  return (
    <p>
      <a class="button" href={undoAddress(file)}>
        Take back what was made
      </a>
    </p>
  );
}

function Stop({ id }: { readonly id: string }) {
  const [failure, setFailure] = useState<ApiFailure>();
  const [isAsked, setIsAsked] = useState(false);
  return (
    <div class="stack">
      <FailureNote failure={failure} />
      <div>
        <button
          type="button"
          disabled={isAsked}
          onClick={() => {
            setIsAsked(true);
            cancelCommand(id).catch((error: unknown) => {
              setFailure(failureFrom(error));
              setIsAsked(false);
            });
          }}
        >
          Stop it
        </button>
      </div>
    </div>
  );
}
