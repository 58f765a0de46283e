import type { TargetedKeyboardEvent } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Symbol } from '../../../parts/symbols.tsx';
import { dayAfterKey, monthAfter, sameDateIn, summaryText, weeksOf, type DaySummary } from './calendar.ts';

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
const symbols = { complete: 'good', unlisted: 'warn', suspicious: 'warn', damaged: 'bad' } as const;
const monthName = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' });
const dayName = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeZone: 'UTC' });

/** `Thursday 26 November 2026`, in the reader's manner. */
export function dayText(day: string): string {
  return dayName.format(new Date(`${day}T00:00:00Z`));
}

export interface CalendarGridProps {
  readonly days: ReadonlyMap<string, DaySummary>;
  /** The chosen day, whose month is shown. */
  readonly day: string;
  readonly today: string;
  readonly onDay: (day: string) => void;
}

/** A month in which each day tells what snapshots it has. One day is in the order of tabs; from there arrows, Home, End, Page Up and Page Down lead on. */
export function CalendarGrid({ days, day, today, onDay }: CalendarGridProps) {
  const id = useId();
  const table = useRef<HTMLTableElement>(null);
  // Where keys lead that came faster than the page is drawn; undefined once it is there.
  const wanted = useRef<string>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    if (wanted.current === day) wanted.current = undefined;
    table.current?.querySelector<HTMLButtonElement>('button[tabindex="0"]')?.focus();
  }, [day]);
  const onKey = (event: TargetedKeyboardEvent<HTMLTableElement>): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const next = dayAfterKey(wanted.current ?? day, event.key);
    if (next === undefined) return;
    event.preventDefault();
    wanted.current = next;
    onDay(next);
  };
  const month = day.slice(0, 7);
  return (
    <div class="archive-calendar">
      <Head id={id} month={month} onGo={(months) => onDay(sameDateIn(monthAfter(month, months), day))} />
      <table role="grid" ref={table} aria-labelledby={id} onKeyDown={onKey}>
        <thead>
          <tr>
            {weekdays.map((name) => (
              <th key={name} scope="col" abbr={name}>
                {name.slice(0, 2)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(month).map((week, row) => (
            <tr key={row}>
              {week.map((one, column) =>
                one === undefined ? (
                  <td key={column} role="gridcell" />
                ) : (
                  <Day
                    key={column}
                    day={one}
                    of={days.get(one)}
                    isChosen={one === day}
                    isToday={one === today}
                    onChoose={() => onDay(one)}
                  />
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <Legend />
    </div>
  );
}

function Head({ id, month, onGo }: { readonly id: string; readonly month: string; readonly onGo: (months: number) => void }) {
  return (
    <div class="archive-calendar-head">
      <button type="button" onClick={() => onGo(-1)}>
        ‹<span class="hidden-text">Month before</span>
      </button>
      <h2 id={id} aria-live="polite">
        {monthName.format(new Date(`${month}-01T00:00:00Z`))}
      </h2>
      <button type="button" onClick={() => onGo(1)}>
        ›<span class="hidden-text">Month after</span>
      </button>
    </div>
  );
}

function Legend() {
  return (
    <p class="muted small archive-calendar-legend">
      <span>
        <Symbol name="good" /> complete
      </span>
      <span>
        <Symbol name="warn" /> suspicious or unlisted
      </span>
      <span>
        <Symbol name="bad" /> damaged
      </span>
      <span>
        <Symbol name="pin" /> pinned
      </span>
      <span>
        <Symbol name="lock" /> locked
      </span>
      <span>P proven</span>
    </p>
  );
}

interface DayProps {
  readonly day: string;
  readonly of: DaySummary | undefined;
  readonly isChosen: boolean;
  readonly isToday: boolean;
  readonly onChoose: () => void;
}

function Day({ day, of, isChosen, isToday, onChoose }: DayProps) {
  const text = `${dayText(day)}${isToday ? ', today' : ''}: ${summaryText(of)}`;
  return (
    <td role="gridcell" aria-selected={isChosen}>
      <button
        type="button"
        class={`archive-day ${of === undefined ? 'archive-day-empty' : `archive-day-${of.worst}`} ${isToday ? 'archive-day-today' : ''}`}
        tabIndex={isChosen ? 0 : -1}
        title={text}
        onClick={onChoose}
      >
        <span class="hidden-text">{text}</span>
        <span class="archive-day-date" aria-hidden="true">
          {Number(day.slice(8))}
        </span>
        {of === undefined ? null : <DayFacts {...of} />}
      </button>
    </td>
  );
}

function DayFacts({ snapshots, worst, proven, pinned, locked }: DaySummary) {
  return (
    <>
      <span class="archive-day-count" aria-hidden="true">
        <Symbol name={symbols[worst]} />
        {snapshots.length}
      </span>
      <span class="archive-day-facts" aria-hidden="true">
        {proven > 0 ? <span>P</span> : null}
        {pinned > 0 ? <Symbol name="pin" /> : null}
        {locked > 0 ? <Symbol name="lock" /> : null}
      </span>
    </>
  );
}
