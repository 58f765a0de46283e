import { isLocked, type ListedSnapshot } from '../../../api/snapshots.ts';
import type { ArchiveView, StateChoice } from './archive-view.ts';
import { dayOf } from './calendar.ts';

export type Choice = Pick<ArchiveView, 'server' | 'state' | 'backend' | 'text' | 'from' | 'to'>;

/** Those that fit all that is chosen, in their order. `now` in milliseconds: a lock that has ended is none. */
export function filterSnapshots(snapshots: readonly ListedSnapshot[], choice: Choice, now: number): readonly ListedSnapshot[] {
  const words = choice.text.toLowerCase().split(/\s+/).filter(Boolean);
  const isBounded = choice.from !== '' || choice.to !== '';
  return snapshots.filter((snapshot) => {
    if (choice.server !== '' && snapshot.server !== choice.server) return false;
    if (choice.backend !== '' && !snapshot.backends.includes(choice.backend)) return false;
    if (choice.state !== '' && !isIn(snapshot, choice.state, now)) return false;
    if (isBounded && !isBetween(dayOf(snapshot.time), choice)) return false;
    return words.length === 0 || hasWords(snapshot, words);
  });
}

/** Tells whether anything is chosen at all. */
export function isChosen({ server, state, backend, text, from, to }: Choice): boolean {
  return [server, state, backend, text.trim(), from, to].some((one) => one !== '');
}

/** The servers and backends that can be chosen among, by name. */
export function namesIn(snapshots: readonly ListedSnapshot[]): {
  readonly servers: readonly string[];
  readonly backends: readonly string[];
} {
  const servers = new Set<string>();
  const backends = new Set<string>();
  for (const snapshot of snapshots) {
    servers.add(snapshot.server);
    for (const backend of snapshot.backends) backends.add(backend);
  }
  return { servers: [...servers].toSorted(), backends: [...backends].toSorted() };
}

function isIn(snapshot: ListedSnapshot, state: StateChoice, now: number): boolean {
  switch (state) {
    case 'proven':
      return snapshot.provenAt !== undefined;
    case 'unproven':
      return snapshot.provenAt === undefined;
    case 'pinned':
      return snapshot.pinned !== undefined;
    case 'locked':
      return isLocked(snapshot, now);
    case 'complete':
    case 'suspicious':
    case 'unlisted':
    case 'damaged':
      return snapshot.state === state;
  }
}

function isBetween(day: string, { from, to }: Choice): boolean {
  return (from === '' || day >= from) && (to === '' || day <= to);
}

function hasWords({ id, backupId, server, backends, remarks, pinned }: ListedSnapshot, words: readonly string[]): boolean {
  const text = [backupId, server, ...backends, ...remarks, pinned?.reason ?? '', pinned?.by ?? ''].join('\n').toLowerCase();
  return words.every((word) => id.startsWith(word) || text.includes(word));
}
