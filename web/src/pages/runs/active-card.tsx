import type { AgentStatus } from '../../api/status.ts';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { Age } from '../../parts/time.tsx';

/** What this agent runs, or has in its queue; nothing where it does not. */
export function ActiveCard({ active }: { readonly active: AgentStatus['active'] }) {
  if (active.length === 0) return null;
  return (
    <Card title="Now">
      <ul class="runs-list">
        {active.map(({ id, job, state, beganAt, queuedAt }) => (
          <li key={id}>
            <Mark kind="plain" symbol="running">
              {state === 'running' ? 'under way' : 'waits'}
            </Mark>
            <a href={`/runs/${id}`}>{job}</a>
            <span class="muted">
              {beganAt === undefined ? 'asked for ' : 'began '}
              <Age at={beganAt ?? queuedAt} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
