import { isSortKey, type SortKey, type SortOrder } from './sort-snapshots.ts';

export const stateChoices = ['complete', 'suspicious', 'unlisted', 'damaged', 'proven', 'unproven', 'pinned', 'locked'] as const;

export type StateChoice = (typeof stateChoices)[number];

/** What is chosen on the page of all snapshots; it stands in the query of the address, so that it can be come back to and passed on. */
export interface ArchiveView {
  readonly shape: 'calendar' | 'table';
  /** An empty text: all of them. */
  readonly server: string;
  readonly state: StateChoice | '';
  readonly backend: string;
  readonly text: string;
  /** `2026-11-26` in the reader's time zone, both included; empty: without a bound. */
  readonly from: string;
  readonly to: string;
  readonly sort: SortKey;
  readonly order: SortOrder;
  /** The day that is chosen in the calendar; empty: the newest that has a snapshot. */
  readonly day: string;
}

export const plainView: ArchiveView = {
  shape: 'calendar',
  server: '',
  state: '',
  backend: '',
  text: '',
  from: '',
  to: '',
  sort: 'time',
  order: 'descending',
  day: '',
};

/** The view that the query of an address names; what makes no sense in it counts for nothing. */
export function readView(query: Readonly<Record<string, string>>): ArchiveView {
  const told = (name: string): string => query[name] ?? '';
  const dayIn = (name: string): string => (isDay(told(name)) ? told(name) : '');
  const sort = told('sort');
  return {
    shape: told('view') === 'table' ? 'table' : 'calendar',
    server: told('server'),
    state: stateChoices.find((choice) => choice === told('state')) ?? '',
    backend: told('backend'),
    text: told('text'),
    from: dayIn('from'),
    to: dayIn('to'),
    sort: isSortKey(sort) ? sort : plainView.sort,
    order: told('order') === 'ascending' ? 'ascending' : plainView.order,
    day: dayIn('day'),
  };
}

/** The path with a query that names the view, without what goes without saying. */
export function viewPath({ shape, ...others }: ArchiveView): string {
  const query = new URLSearchParams();
  if (shape !== plainView.shape) query.set('view', shape);
  for (const [name, value] of Object.entries(others)) if (value !== plainView[name as keyof typeof others]) query.set(name, value);
  return query.size === 0 ? '/archive' : `/archive?${query.toString()}`;
}

/** Tells whether a text names a day that there is: `2026-11-26`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
