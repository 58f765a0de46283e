import { Choice } from './choice.tsx';
import type { Choices } from './choices.ts';

/** What happens to the other replicas; whether there are any, the plan says. */
export function TopologyOptions({ choices, onChange }: { readonly choices: Choices; readonly onChange: (choices: Choices) => void }) {
  return (
    <fieldset>
      <legend>Replicas</legend>
      <Choice
        kind="radio"
        name="replicas"
        title="The server is alone"
        isChosen={!choices.isTopology}
        onChange={() => onChange({ ...choices, isTopology: false })}
      >
        If it has replicas, the plan says so and changes nothing: one replica alone must not be restored.
      </Choice>
      <Choice
        kind="radio"
        name="replicas"
        title="Bring all replicas to the state of the backup"
        isChosen={choices.isTopology}
        onChange={() => onChange({ ...choices, isTopology: true })}
      >
        This server is restored and compared first. Only then do the others get their entries from it, and what was written since the backup
        is lost on all of them.
      </Choice>
      {choices.isTopology ? (
        <div class="restore-sub">
          <Choice
            kind="checkbox"
            name="keep-writable"
            title="Let clients write meanwhile"
            isChosen={choices.isKeptWritable}
            onChange={() => onChange({ ...choices, isKeptWritable: !choices.isKeptWritable })}
          >
            Otherwise all replicas can be read, and refuse writes until the end. What clients write meanwhile gets lost, or makes replicas
            differ from each other.
          </Choice>
          <Choice
            kind="checkbox"
            name="all-at-once"
            title="Initialise the others at the same time"
            isChosen={choices.isAllAtOnce}
            onChange={() => onChange({ ...choices, isAllAtOnce: !choices.isAllAtOnce })}
          >
            Quicker. But then all of them are out of service at once; one by one, the rest can be read.
          </Choice>
          <Choice
            kind="checkbox"
            name="stop-on-failure"
            title="Leave everything as it is when something fails"
            isChosen={choices.isStoppedOnFailure}
            onChange={() => onChange({ ...choices, isStoppedOnFailure: !choices.isStoppedOnFailure })}
          >
            For a look at it. Otherwise what fails before the proof is rolled back at once, which is what you want on most days.
          </Choice>
        </div>
      ) : null}
    </fieldset>
  );
}
