import { useLocation } from 'preact-iso';
import { useMemo } from 'preact/hooks';
import { timeText } from '../../parts/time.tsx';
import { useWidth } from '../../parts/use-width.ts';
import {
  dayTicks,
  layOutTimeline,
  timelineRows,
  xOf,
  type MarkForm,
  type TimelineEvent,
  type TimelineMark,
  type TimelineRow,
} from './timeline-layout.ts';

/** In pixels. */
const rowHeight = 30;
const labelWidth = 84;
const edge = 10;
const axisHeight = 24;
const height = timelineRows.length * rowHeight + axisHeight;
const dayName = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

const formTexts: Readonly<Record<MarkForm, string>> = { good: 'well', part: 'in part', bad: 'failed', none: 'canceled or passed over' };

/** A row for the snapshots and for each job; who does not see it, or uses no mouse, has the same as a table below it. */
export function TimelineDrawing({
  events,
  from,
  to,
}: {
  readonly events: readonly TimelineEvent[];
  readonly from: number;
  readonly to: number;
}) {
  const [element, width] = useWidth<HTMLDivElement>();
  const span = { from, to, width: Math.max(0, width - labelWidth - 2 * edge) };
  const marks = useMemo(() => (span.width === 0 ? [] : layOutTimeline(events, span)), [events, from, to, span.width]);
  return (
    <div>
      <div ref={element} class="overview-timeline">
        {width === 0 ? null : (
          <svg width={width} height={height} aria-hidden="true">
            {timelineRows.map((row, index) => (
              <g key={row}>
                <text class="overview-timeline-label" x={0} y={index * rowHeight + rowHeight / 2 + 4}>
                  {row}
                </text>
                <line
                  class="overview-timeline-line"
                  x1={labelWidth}
                  x2={width}
                  y1={(index + 0.5) * rowHeight}
                  y2={(index + 0.5) * rowHeight}
                />
              </g>
            ))}
            <g transform={`translate(${labelWidth + edge} 0)`}>
              {dayTicks(span, Math.max(2, Math.floor(span.width / 64)), (time) => new Date(time).getTimezoneOffset()).map((time) => (
                <Tick key={time} time={time} x={xOf(time, span)} />
              ))}
              {marks.map((mark) => (
                <MarkDrawing key={`${mark.row} ${mark.form} ${mark.events[0]?.id ?? ''}`} mark={mark} />
              ))}
            </g>
          </svg>
        )}
      </div>
      <ul class="overview-legend muted small" aria-hidden="true">
        {(['good', 'part', 'bad', 'none'] as const).map((form) => (
          <li key={form}>
            <svg width={16} height={16}>
              <g transform="translate(8 8)">
                <Form form={form} row="backup" />
              </g>
            </svg>
            {formTexts[form]}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Tick({ time, x }: { readonly time: number; readonly x: number }) {
  const bottom = timelineRows.length * rowHeight;
  return (
    <g>
      <line class="overview-timeline-day" x1={x} x2={x} y1={4} y2={bottom} />
      <text class="overview-timeline-label" x={x} y={bottom + 16} text-anchor="middle">
        {dayName.format(new Date(time))}
      </text>
    </g>
  );
}

function MarkDrawing({ mark }: { readonly mark: TimelineMark }) {
  const { route } = useLocation();
  const y = (timelineRows.indexOf(mark.row) + 0.5) * rowHeight;
  return (
    <g class="overview-timeline-mark" transform={`translate(${mark.x} ${y})`} onClick={() => route(placeOf(mark))}>
      <title>{titleOf(mark)}</title>
      <rect class="overview-timeline-target" x={-9} y={-12} width={18} height={24} />
      <Form form={mark.form} row={mark.row} />
    </g>
  );
}

function Form({ form, row }: { readonly form: MarkForm; readonly row: TimelineRow }) {
  switch (form) {
    case 'good':
      return row === 'snapshots' ? <path class="overview-form-good" d="M0-6 6 0 0 6-6 0z" /> : <circle class="overview-form-good" r={5} />;
    case 'part':
      return <path class="overview-form-part" d="M0-7 7 6H-7z" />;
    case 'bad':
      return (
        <>
          <rect class="overview-form-bad" x={-8} y={-8} width={16} height={16} rx={2} />
          <path class="overview-form-cross" d="M-4-4 4 4M4-4-4 4" />
        </>
      );
    case 'none':
      return <circle class="overview-form-none" r={4} />;
  }
}

function placeOf({ row, events }: TimelineMark): string {
  const last = events.at(-1);
  if (row === 'snapshots') return events.length === 1 ? `/archive/${last?.id ?? ''}` : '/archive';
  return events.length === 1 ? `/runs/${last?.id ?? ''}` : `/runs?job=${row}`;
}

function titleOf({ row, form, events }: TimelineMark): string {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return '';
  const times = [...new Set([first, last].map(({ time }) => timeText(new Date(time).toISOString())))].join(' to ');
  return `${row}, ${events.length === 1 ? '' : `${events.length} times `}${formTexts[form]}: ${times}`;
}
