import { useMemo } from 'preact/hooks';
import type { ListedSnapshot } from '../api/snapshots.ts';
import { timeText } from './time.tsx';

/** A list of more than so many is none to choose from: then a day is chosen first. */
const mostListed = 200;

export interface SelectSnapshotProps {
  readonly label: string;
  /** The newest first. */
  readonly snapshots: readonly ListedSnapshot[];
  readonly value: string;
  readonly onChange: (id: string) => void;
  /** Choices beside them, such as the running server. */
  readonly extra?: readonly { readonly value: string; readonly text: string }[];
}

/** One of the snapshots, by time; where there are many, those around the chosen one, and a day leads to others. */
export function SelectSnapshot({ label, snapshots, value, onChange, extra = [] }: SelectSnapshotProps) {
  const listed = useMemo(() => around(snapshots, value), [snapshots, value]);
  const select = (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {extra.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text}
          </option>
        ))}
        {listed.map(({ id, time, server, state }) => (
          <option key={id} value={id}>
            {timeText(time)} · {server} · {id.slice(0, 12)}
            {state === 'complete' ? '' : ` · ${state}`}
          </option>
        ))}
      </select>
    </label>
  );
  if (snapshots.length <= mostListed) return select;
  return (
    <div class="select-by-day">
      {select}
      <label class="field">
        <span>
          Day<span class="hidden-text"> of {label}</span>
        </span>
        <input
          type="date"
          value={dayOf(snapshots.find(({ id }) => id === value)?.time)}
          onChange={(event) => {
            const id = nearest(snapshots, event.currentTarget.value);
            if (id !== undefined) onChange(id);
          }}
        />
      </label>
    </div>
  );
}

function around(snapshots: readonly ListedSnapshot[], value: string): readonly ListedSnapshot[] {
  if (snapshots.length <= mostListed) return snapshots;
  const at = Math.max(
    0,
    snapshots.findIndex(({ id }) => id === value),
  );
  const first = Math.min(Math.max(0, at - mostListed / 2), snapshots.length - mostListed);
  return snapshots.slice(first, first + mostListed);
}

/** The newest one of a day in the reader's time zone, or of the days before it. */
function nearest(snapshots: readonly ListedSnapshot[], day: string): string | undefined {
  if (day === '') return undefined;
  const end = new Date(`${day}T23:59:59.999`).getTime();
  return (snapshots.find(({ time }) => Date.parse(time) <= end) ?? snapshots.at(-1))?.id;
}

function dayOf(time: string | undefined): string {
  if (time === undefined) return '';
  const at = new Date(time);
  return [String(at.getFullYear()).padStart(4, '0'), ...[at.getMonth() + 1, at.getDate()].map((one) => String(one).padStart(2, '0'))].join(
    '-',
  );
}
