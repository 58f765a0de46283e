import type { RunRecord } from '../../domain/run-record.ts';

/** What is told of a run. */
export interface NotificationDecision {
  /** `failure`: it has finally failed · `partial`: done, and somebody should look · `recovery`: the first success after one of these. */
  readonly kind: 'failure' | 'partial' | 'recovery';
  /** RFC 3339, UTC: when the first run ended since which none of this job succeeded, as far as the history goes back. */
  readonly since: string;
  /** Runs of which none succeeded, from that one on; without the success of a recovery. */
  readonly runs: number;
  /** Told before, and told again as it goes on. */
  readonly isRepeated: boolean;
}

/**
 * Whether anybody is told of the end of `record`, and what: what is new at once; what goes on once in each `repeatMilliseconds`, counted from 1970, so of a
 * day at the first run after midnight UTC, but not within half of that after it was new; a run that is as it should be never. Told from the history alone, of which
 * the last few runs are enough: a restart, or another agent of the group, comes to the same end.
 *
 * @param history of the group, in any order; runs of other jobs, later ones and `record` itself do no harm
 */
export function decideNotification(
  record: RunRecord,
  history: readonly RunRecord[],
  repeatMilliseconds: number,
): NotificationDecision | undefined {
  if (!counts(record)) return undefined;
  const before = history.filter((run) => run.job === record.job && !isSame(run, record) && counts(run) && !isLater(run, record));
  const states: State[] = [];
  for (const run of [...before.toSorted((a, b) => (isLater(a, b) ? 1 : -1)), record]) states.push(next(states.at(-1), run));
  const [was, is] = [states.at(-2), states.at(-1)];
  if (is === undefined) return undefined;
  if (is.kind === 'well') {
    if (was === undefined || was.kind === 'well') return undefined;
    return { kind: 'recovery', since: was.since, runs: was.runs, isRepeated: false };
  }
  const isRepeated = was?.kind === is.kind;
  if (isRepeated && !isDueAgain(was, is, repeatMilliseconds)) return undefined;
  return { kind: is.kind, since: is.since, runs: is.runs, isRepeated };
}

/** How a job goes after one of its runs. */
interface State {
  readonly kind: 'well' | 'failure' | 'partial';
  readonly endedAt: string;
  /** When the first run ended from which on none succeeded. */
  readonly since: string;
  readonly runs: number;
  /** Milliseconds since 1970, from when on all were of this kind; before all time where no earlier run is known. */
  readonly kindSince: number;
}

/** A run that was canceled or not begun says nothing of the job; one that is tried again is not over. */
function counts({ outcome, isTriedAgain }: RunRecord): boolean {
  return !isTriedAgain && outcome !== 'canceled' && outcome !== 'skipped';
}

function next(was: State | undefined, { outcome, endedAt }: RunRecord): State {
  const kind = outcome === 'failure' || outcome === 'partial' ? outcome : 'well';
  const isTrouble = was !== undefined && was.kind !== 'well';
  return {
    kind,
    endedAt,
    since: isTrouble ? was.since : endedAt,
    runs: isTrouble ? was.runs + 1 : 1,
    kindSince: was === undefined ? -Infinity : was.kind === kind ? was.kindSince : Date.parse(endedAt),
  };
}

function isDueAgain(was: State, is: State, repeatMilliseconds: number): boolean {
  const period = (time: string): number => Math.floor(Date.parse(time) / repeatMilliseconds);
  return period(was.endedAt) !== period(is.endedAt) && Date.parse(is.endedAt) - is.kindSince >= repeatMilliseconds / 2;
}

/** The attempts of a run have its ID. */
function isSame(a: RunRecord, b: RunRecord): boolean {
  return a.id === b.id && a.attempt === b.attempt;
}

function isLater(a: RunRecord, b: RunRecord): boolean {
  return Date.parse(a.endedAt) - Date.parse(b.endedAt) > 0 || (a.endedAt === b.endedAt && a.id > b.id);
}
