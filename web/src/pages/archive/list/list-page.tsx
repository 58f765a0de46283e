import { useMemo, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { formatCount } from '../../../../../src/foundation/counts.ts';
import { formatBytes } from '../../../../../src/foundation/sizes.ts';
import { slowNow } from '../../../api/now.ts';
import type { ListedSnapshot } from '../../../api/snapshots.ts';
import { useSnapshots } from '../../../api/use-snapshots.ts';
import { Page } from '../../../parts/page.tsx';
import { ResourceView } from '../../../parts/resource-view.tsx';
import { ChosenBar } from '../actions/chosen-bar.tsx';
import { useVerified } from '../use-verified.ts';
import type { Verified } from '../verified.ts';
import { plainView, readView, viewPath, type ArchiveView } from './archive-view.ts';
import { dayOf, daysOf } from './calendar.ts';
import { CalendarGrid, dayText } from './calendar-grid.tsx';
import { FilterBar } from './filter-bar.tsx';
import { filterSnapshots, isChosen, namesIn } from './filter-snapshots.ts';
import { SnapshotTable } from './snapshot-table.tsx';
import { sortSnapshots } from './sort-snapshots.ts';

/** All snapshots of the archive, as a calendar and as a table. */
export function ListPage() {
  const snapshots = useSnapshots();
  return (
    <Page
      title="Archive"
      lead="Every snapshot that there is to come back to."
      actions={
        <button type="button" onClick={snapshots.reload} disabled={snapshots.isLoading}>
          {snapshots.isLoading ? 'Reading the archive …' : 'Read again'}
        </button>
      }
    >
      <ResourceView of={snapshots} what="the snapshots">
        {(all) => (all.length === 0 ? <Empty /> : <Snapshots all={all} onChanged={snapshots.reload} />)}
      </ResourceView>
    </Page>
  );
}

function Empty() {
  return (
    <p class="note note-plain">
      There are no snapshots yet. The first comes with the first backup: by its schedule, or begun now under <a href="/runs">Runs</a>.
    </p>
  );
}

function Snapshots({ all, onChanged }: { readonly all: readonly ListedSnapshot[]; readonly onChanged: () => void }) {
  const { query, route } = useLocation();
  const view = readView(query);
  const now = slowNow.value;
  const verified = useVerified(0);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const names = useMemo(() => namesIn(all), [all]);
  const fitting = useMemo(
    () => filterSnapshots(all, view, now),
    [all, view.server, view.state, view.backend, view.text, view.from, view.to, view.state === 'locked' ? now : 0],
  );
  // In place of the address before: going back leads to the page before, not through every letter typed.
  const change = (changes: Partial<ArchiveView>): void => route(viewPath({ ...view, ...changes }), true);
  const choose = (id: string, isWanted: boolean): void =>
    setChosen((before) => (isWanted ? new Set([...before, id]) : new Set([...before].filter((one) => one !== id))));
  const chosenSnapshots = useMemo(() => all.filter(({ id }) => chosen.has(id)), [all, chosen]);
  const parts = { view, fitting, change, now, chosen, onChoose: choose, verified: verified.found };
  return (
    <>
      <FilterBar view={view} {...names} onChange={change} />
      <div class="archive-shape">
        <Summary
          all={all}
          fitting={fitting}
          onAll={isChosen(view) ? () => route(viewPath({ ...plainView, shape: view.shape }), true) : undefined}
        />
        <Shapes view={view} onChange={change} />
      </div>
      <ChosenBar all={all} chosen={chosenSnapshots} onNone={() => setChosen(new Set())} onChanged={onChanged} />
      {verified.failure === undefined ? null : <p class="muted">What was verified could not be asked for: {verified.failure.message}.</p>}
      {view.shape === 'calendar' ? <ByDay {...parts} /> : <AsTable {...parts} />}
    </>
  );
}

interface Parts {
  readonly view: ArchiveView;
  readonly fitting: readonly ListedSnapshot[];
  readonly change: (changes: Partial<ArchiveView>) => void;
  readonly now: number;
  readonly verified: ReadonlyMap<string, Verified> | undefined;
  readonly chosen: ReadonlySet<string> | undefined;
  readonly onChoose: (id: string, isChosen: boolean) => void;
}

function ByDay({ view, fitting, change, now, chosen, onChoose, verified }: Parts) {
  const minute = Math.floor(now / 60_000);
  const days = useMemo(() => daysOf(fitting, now), [fitting, minute]);
  const today = dayOf(new Date(now).toISOString());
  const newest = fitting[0];
  const day = view.day !== '' ? view.day : newest === undefined ? today : dayOf(newest.time);
  const own = useMemo(() => sortSnapshots(days.get(day)?.snapshots ?? [], view.sort, view.order), [days, day, view.sort, view.order]);
  return (
    <>
      <CalendarGrid days={days} day={day} today={today} onDay={(next) => change({ day: next })} />
      <section class="stack" aria-label={`Snapshots of ${dayText(day)}`}>
        <h2>{dayText(day)}</h2>
        {own.length === 0 ? (
          <p class="muted">No snapshot of this day{isChosen(view) ? ' fits what is chosen above' : ''}.</p>
        ) : (
          <SnapshotTable
            label={`Snapshots of ${dayText(day)}`}
            snapshots={own}
            sort={view.sort}
            order={view.order}
            onSort={(sort, order) => change({ sort, order })}
            chosen={chosen}
            onChoose={onChoose}
            verified={verified}
            now={now}
          />
        )}
      </section>
    </>
  );
}

function AsTable({ view, fitting, change, now, chosen, onChoose, verified }: Parts) {
  const sorted = useMemo(() => sortSnapshots(fitting, view.sort, view.order), [fitting, view.sort, view.order]);
  if (sorted.length === 0) return <p class="muted">No snapshot fits what is chosen above.</p>;
  return (
    <SnapshotTable
      label="Snapshots"
      snapshots={sorted}
      sort={view.sort}
      order={view.order}
      onSort={(sort, order) => change({ sort, order })}
      chosen={chosen}
      onChoose={onChoose}
      verified={verified}
      now={now}
    />
  );
}

function Summary({
  all,
  fitting,
  onAll,
}: {
  readonly all: readonly ListedSnapshot[];
  readonly fitting: readonly ListedSnapshot[];
  readonly onAll: (() => void) | undefined;
}) {
  const bytes = useMemo(() => fitting.reduce((sum, one) => sum + one.bytes, 0), [fitting]);
  const count = onAll === undefined ? formatCount(all.length) : `${formatCount(fitting.length)} of ${formatCount(all.length)}`;
  return (
    <p role="status">
      {count} {all.length === 1 ? 'snapshot' : 'snapshots'}, {formatBytes(bytes)} when fetched
      {onAll === undefined ? null : (
        <>
          {' '}
          <button type="button" class="link" onClick={onAll}>
            Show all
          </button>
        </>
      )}
    </p>
  );
}

function Shapes({ view, onChange }: { readonly view: ArchiveView; readonly onChange: (changes: Partial<ArchiveView>) => void }) {
  return (
    <div class="archive-shapes" role="group" aria-label="Shown as">
      {(['calendar', 'table'] as const).map((shape) => (
        <button key={shape} type="button" aria-pressed={view.shape === shape} onClick={() => onChange({ shape })}>
          {shape === 'calendar' ? 'Calendar' : 'Table'}
        </button>
      ))}
    </div>
  );
}
