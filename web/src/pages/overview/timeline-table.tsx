import { shortId } from '../../api/snapshots.ts';
import { Mark, type MarkKind } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { VirtualTable } from '../../parts/virtual-table.tsx';
import type { MarkForm, TimelineEvent } from './timeline-layout.ts';

const kinds: Readonly<Record<MarkForm, MarkKind>> = { good: 'good', part: 'warn', bad: 'bad', none: 'plain' };
const runTexts: Readonly<Record<MarkForm, string>> = { good: 'succeeded', part: 'in part', bad: 'failed', none: 'canceled or passed over' };
const snapshotTexts: Readonly<Record<MarkForm, string>> = { good: 'complete', part: 'doubtful', bad: 'damaged', none: '' };

/** What the drawing shows, for those who read it. */
export function TimelineTable({ events }: { readonly events: readonly TimelineEvent[] }) {
  if (events.length === 0) return null;
  const rows = events.toSorted((a, b) => b.time - a.time);
  return (
    <details>
      <summary>The same as a table</summary>
      <VirtualTable<TimelineEvent>
        label="Runs and snapshots, the newest first"
        rows={rows}
        keyOf={({ row, id, time }) => `${row} ${id} ${time}`}
        columns={[
          { title: 'When', cell: ({ time }) => <Time at={new Date(time).toISOString()} /> },
          {
            title: 'What',
            cell: ({ row, id }) =>
              row === 'snapshots' ? <a href={`/archive/${id}`}>snapshot {shortId(id)}</a> : <a href={`/runs/${id}`}>{row}</a>,
          },
          {
            title: 'Outcome',
            cell: ({ row, form }) => <Mark kind={kinds[form]}>{row === 'snapshots' ? snapshotTexts[form] : runTexts[form]}</Mark>,
          },
        ]}
      />
    </details>
  );
}
