import { keptCommands } from '../../api/kept-commands.ts';
import { useResource } from '../../api/use-resource.ts';
import { Age } from '../../parts/time.tsx';
import { FailureNote } from '../../parts/failure-note.tsx';
import { isOfRestore, textsOf } from './command-names.ts';

/** That a restore is under way, with the way to it; nothing where none is. */
export function RunningNote() {
  const commands = useResource((signal) => keptCommands({ signal }), ['restores-running'], { everyMilliseconds: 10_000 });
  const running = (commands.value ?? []).filter((command) => command.state === 'running' && isOfRestore(command));
  return (
    <>
      <FailureNote failure={commands.failure} onRetry={commands.reload} />
      {running.map(({ id, name, by, beganAt }) => (
        <div key={id} class="note note-warn" role="status">
          <p>
            <strong>
              {textsOf({ name }).one} is under way, begun by {by} <Age at={beganAt} />.
            </strong>{' '}
            <a href={`/restore/${id}`}>Look at it</a>
          </p>
        </div>
      ))}
    </>
  );
}
