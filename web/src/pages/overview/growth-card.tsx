import { lazy } from 'preact-iso';
import { shortId } from '../../api/snapshots.ts';
import { Bytes } from '../../parts/bytes.tsx';
import { Card } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { useInView } from '../../parts/use-in-view.ts';
import { VirtualTable } from '../../parts/virtual-table.tsx';
import { measureText } from './measure-text.ts';
import { dedupOf, growthSeries, measures, plottedPoints, type Measure, type PlottedPoint } from './growth-series.ts';
import type { GrowthPoint } from './overview-document.ts';

/** Plots weigh as much as half of the rest of the page, and are looked at last. */
const Plot = lazy(() => import('./plot.tsx').then(({ Plot: plot }) => plot));

const titles: Readonly<Record<Measure, string>> = {
  bytes: 'Size of a snapshot',
  newBytes: 'New bytes of a snapshot',
  held: 'Held for each byte stored',
  entries: 'Entries',
  milliseconds: 'Time that the backup took',
};

/** How the snapshots grow, and what storing them took. */
export function GrowthCard({ growth, of }: { readonly growth: readonly GrowthPoint[]; readonly of: number }) {
  const [element, isSeen] = useInView<HTMLDivElement>();
  const dedup = dedupOf(growth);
  const points = plottedPoints(growth);
  return (
    <div ref={element}>
      <Card title="Growth">
        {growth.length === 0 ? (
          <p class="muted">There is no snapshot yet.</p>
        ) : (
          <div class="stack">
            {dedup === undefined ? null : (
              <p>
                {dedup.snapshots} snapshots hold <Bytes of={dedup.bytes} />; to store them took <Bytes of={dedup.newBytes} />
                {dedup.newBytes > 0 && dedup.bytes > dedup.newBytes ? `, ${(dedup.bytes / dedup.newBytes).toFixed(1)} times less` : ''}.
              </p>
            )}
            {growth.length === 1 ? (
              <p class="muted">A line needs two snapshots.</p>
            ) : (
              <div class="overview-plots">
                {measures.map((measure) => (
                  <Figure key={measure} measure={measure} points={points} isSeen={isSeen} />
                ))}
              </div>
            )}
            {growth.length < of ? (
              <p class="muted small">
                {growth.length} of {of} snapshots are shown, evenly chosen.
              </p>
            ) : null}
            <GrowthTable points={points} />
          </div>
        )}
      </Card>
    </div>
  );
}

function Figure({
  measure,
  points,
  isSeen,
}: {
  readonly measure: Measure;
  readonly points: readonly PlottedPoint[];
  readonly isSeen: boolean;
}) {
  const data = growthSeries(points, measure);
  if (data.times.length < 2) return null;
  const values = data.series.flatMap((line) => line.values).filter((value) => value !== null);
  return (
    <figure class="overview-plot">
      <figcaption>
        {titles[measure]}{' '}
        <span class="muted small">
          {[...new Set([Math.min(...values), Math.max(...values)].map((value) => measureText(measure, value)))].join(' to ')}
        </span>
      </figcaption>
      <div class="overview-plot-place" aria-hidden="true">
        {isSeen ? <Plot measure={measure} data={data} /> : null}
      </div>
    </figure>
  );
}

function GrowthTable({ points }: { readonly points: readonly PlottedPoint[] }) {
  const number = (measure: Measure) => ({
    title: titles[measure],
    isNumber: true,
    cell: (point: PlottedPoint) => {
      const value = point[measure];
      return value === undefined ? <span class="muted">not known</span> : measureText(measure, value);
    },
  });
  return (
    <details>
      <summary>The same as a table</summary>
      <VirtualTable<PlottedPoint>
        label="Growth, the newest snapshot first"
        rows={points.toReversed()}
        keyOf={({ snapshot }) => snapshot}
        columns={[
          {
            title: 'Snapshot',
            cell: ({ snapshot, time }) => (
              <>
                <a class="mono" href={`/archive/${snapshot}`}>
                  {shortId(snapshot)}
                </a>{' '}
                <Time at={time} />
              </>
            ),
          },
          { title: 'Server', cell: ({ server }) => server },
          ...measures.map(number),
        ]}
      />
    </details>
  );
}
