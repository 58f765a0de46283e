import { keptCommands, type KeptCommand } from '../../api/kept-commands.ts';
import { useResource } from '../../api/use-resource.ts';
import { Card } from '../../parts/page.tsx';
import { Age } from '../../parts/time.tsx';
import { ToldBefore } from '../../parts/told-before.tsx';
import { CommandMark } from './command-mark.tsx';
import { lineOf } from './command-line.ts';

/** What people had the agent do beside its jobs, such as restores, within the last day; nothing where there is nothing. */
export function CommandsCard() {
  const { value, failure, toldAt } = useResource((signal) => keptCommands({ signal }), [], { everyMilliseconds: 5000 });
  if ((value ?? []).length === 0 && failure === undefined) return null;
  return (
    <Card title="Commands" aside={<span class="muted small">of the last 24 hours, at this agent</span>}>
      <ToldBefore failure={failure} toldAt={toldAt} />
      <ul class="runs-list">
        {value?.map((command) => (
          <CommandLine key={command.id} of={command} />
        ))}
      </ul>
    </Card>
  );
}

function CommandLine({ of: command }: { readonly of: KeptCommand }) {
  const step = command.steps.findLast(({ state }) => state === 'running');
  return (
    <li>
      <CommandMark command={command} />
      <a href={`/runs/command/${encodeURIComponent(command.id)}`}>
        <code>{lineOf(command)}</code>
      </a>
      <span class="muted">
        by {command.by}, {command.endedAt === undefined ? 'began' : 'ended'} <Age at={command.endedAt ?? command.beganAt} />
        {step === undefined ? '' : `: ${step.step}`}
      </span>
    </li>
  );
}
