import { formatDuration } from '../../../../src/foundation/durations.ts';
import { keptCommands, type KeptCommand } from '../../api/kept-commands.ts';
import type { RequestOptions } from '../../api/client.ts';
import { listSnapshots, shortId, type ListedSnapshot } from '../../api/snapshots.ts';
import { useResource } from '../../api/use-resource.ts';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { Time } from '../../parts/time.tsx';
import { isOfRestore, textsOf } from './command-names.ts';
import { showSnapshot, type ShownSnapshot } from './plans.ts';

interface Past {
  readonly commands: readonly KeptCommand[];
  readonly proven: readonly ShownSnapshot[];
}

/** The reports of so many snapshots are read: it is a hint at what to expect, not an archive of reports. */
const snapshotsRead = 2;

async function readPast(options: RequestOptions): Promise<Past> {
  const [commands, snapshots] = await Promise.all([keptCommands(options), listSnapshots(options)]);
  const newest = snapshots.filter(({ provenAt }) => provenAt !== undefined).toSorted((a, b) => (textOf(a) < textOf(b) ? 1 : -1));
  const proven = await Promise.all(newest.slice(0, snapshotsRead).map(({ id }) => showSnapshot(id, options)));
  return { commands: commands.filter((one) => one.state === 'ended' && isOfRestore(one)), proven };
}

function textOf({ provenAt = '' }: ListedSnapshot): string {
  return provenAt;
}

/** What came of the restores of the last day, and of the last ones that are on record in the archive. */
export function PastRestores() {
  const past = useResource((signal) => readPast({ signal }), ['past-restores']);
  return (
    <Card title="Restores and drills before">
      <ResourceView of={past} what="earlier restores">
        {({ commands, proven }) => <PastList commands={commands} reports={proven.flatMap(reportsOf)} />}
      </ResourceView>
    </Card>
  );
}

function reportsOf({ id, reports = [] }: ShownSnapshot) {
  return reports.map(({ time, kind, outcome, report }) => ({ id, time, kind, outcome, milliseconds: report?.milliseconds }));
}

function PastList({ commands, reports }: { readonly commands: Past['commands']; readonly reports: ReturnType<typeof reportsOf> }) {
  if (commands.length + reports.length === 0)
    return <p class="muted">None yet. A drill tries a backup without touching the server: it is worth one now and then.</p>;
  return (
    <ul class="restore-past">
      {commands.map(({ id, name, by, beganAt, exitCode }) => (
        <li key={id}>
          <Mark kind={exitCode === 0 ? 'good' : 'bad'}>{exitCode === 0 ? 'done' : 'failed'}</Mark>{' '}
          <a href={`/restore/${id}`}>
            {textsOf({ name }).noun} by {by}
          </a>
          , <Time at={beganAt} />
        </li>
      ))}
      {reports
        .toSorted((a, b) => (a.time < b.time ? 1 : -1))
        .slice(0, 5)
        .map(({ id, time, kind, outcome, milliseconds }) => (
          <li key={`${id}${time}`}>
            <Mark kind={outcome === 'proven' ? 'good' : outcome === 'unproven' ? 'warn' : 'bad'}>{outcome}</Mark> {kind} of{' '}
            <code>{shortId(id)}</code>, <Time at={time} />
            {milliseconds === undefined ? '' : `, took ${formatDuration(milliseconds)}`}
          </li>
        ))}
    </ul>
  );
}
