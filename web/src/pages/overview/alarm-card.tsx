import { Mark, type MarkKind } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { Explained } from './explained.tsx';
import type { Alarm } from './overview-document.ts';
import { Since } from './since.tsx';

/** What rings, or would where nobody is connected to hear it; nothing where nothing does. */
export function AlarmCard({ alarms }: { readonly alarms: readonly Alarm[] }) {
  if (alarms.length === 0) return null;
  return (
    <Card title={alarms.length === 1 ? 'One alarm' : `${alarms.length} alarms`}>
      <ul class="overview-reasons">
        {alarms.map(({ name, severity, text, since, runbook }) => (
          <li key={`${name} ${text}`}>
            <Mark kind={kindOf(severity)}>{severity}</Mark>
            <div>
              <p>
                <strong>{name}</strong>: {text}
                <Since at={since} />
              </p>
              <Explained runbook={runbook} />
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function kindOf(severity: Alarm['severity']): MarkKind {
  return severity === 'critical' ? 'bad' : severity === 'info' ? 'plain' : 'warn';
}
