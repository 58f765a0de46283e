import { newestFirst, type Snapshot } from './snapshot.ts';

/** Which snapshots of a server stay; the reasons add up. Hours, days, weeks (ISO), months and years are counted in UTC. */
export interface RetentionRule {
  readonly keepLast?: number | undefined;
  /** Of each of the newest N hours that have any, the newest snapshot; likewise below. */
  readonly keepHourly?: number | undefined;
  readonly keepDaily?: number | undefined;
  readonly keepWeekly?: number | undefined;
  readonly keepMonthly?: number | undefined;
  readonly keepYearly?: number | undefined;
  /** All that are at most this much older than the newest good one, in milliseconds. */
  readonly keepWithin?: number | undefined;
  /** The floor: so many of the newest good snapshots stay whatever else is said; at least 1. */
  readonly minimum?: number | undefined;
  /** So many of the newest good ones that a restore or drill has proven stay as well; 1 unless told. */
  readonly minimumProven?: number | undefined;
}

export interface RetentionDecision {
  readonly keep: readonly { readonly snapshot: Snapshot; readonly reasons: readonly string[] }[];
  readonly forget: readonly Snapshot[];
}

const periods = [
  ['keepHourly', 'hourly', (time: string) => time.slice(0, 13)],
  ['keepDaily', 'daily', (time: string) => time.slice(0, 10)],
  ['keepWeekly', 'weekly', isoWeekOf],
  ['keepMonthly', 'monthly', (time: string) => time.slice(0, 7)],
  ['keepYearly', 'yearly', (time: string) => time.slice(0, 4)],
] as const;

/** Whether the rule asks for anything to be kept; one that does not is refused by callers rather than read as "forget all". */
export function isEmptyRule(rule: RetentionRule): boolean {
  return !rule.keepLast && !rule.keepWithin && periods.every(([setting]) => !rule[setting]);
}

/**
 * Decides for each server by itself. Only `complete` snapshots are counted and forgotten: a suspicious, damaged or unlisted one
 * is kept and takes no good one's place. The newest `minimum` good ones stay whatever the rule says, and so do the newest
 * `minimumProven` of those that were proven. A pinned one stays, and is counted as it would be without its pin: so a pin never makes another one go.
 */
export function decideRetention(snapshots: readonly Snapshot[], rule: RetentionRule): RetentionDecision {
  const reasons = new Map<Snapshot, string[]>();
  for (const ofServer of Map.groupBy(snapshots, (snapshot) => snapshot.server).values()) {
    decideForServer(ofServer.toSorted(newestFirst), rule, (snapshot, reason) => {
      reasons.set(snapshot, [...(reasons.get(snapshot) ?? []), reason]);
    });
  }
  const sorted = snapshots.toSorted(newestFirst);
  return {
    keep: sorted.flatMap((snapshot) => {
      const why = reasons.get(snapshot);
      return why === undefined ? [] : [{ snapshot, reasons: why }];
    }),
    forget: sorted.filter((snapshot) => !reasons.has(snapshot)),
  };
}

function decideForServer(sorted: readonly Snapshot[], rule: RetentionRule, keep: (snapshot: Snapshot, reason: string) => void): void {
  const good = sorted.filter((snapshot) => snapshot.state === 'complete');
  for (const snapshot of sorted.filter(({ pinned }) => pinned !== undefined)) keep(snapshot, 'pinned');
  for (const snapshot of sorted.filter(({ state }) => state !== 'complete')) keep(snapshot, snapshot.state);
  for (const snapshot of good.slice(0, rule.keepLast ?? 0)) keep(snapshot, 'last');
  for (const [setting, reason, periodOf] of periods) {
    for (const snapshot of newestOfEach(good, periodOf, rule[setting] ?? 0)) keep(snapshot, reason);
  }
  for (const snapshot of within(good, rule.keepWithin ?? 0)) keep(snapshot, 'within');
  for (const snapshot of good.slice(0, Math.max(1, rule.minimum ?? 1))) keep(snapshot, 'minimum');
  const proven = good.filter(({ provenAt }) => provenAt !== undefined);
  for (const snapshot of proven.slice(0, rule.minimumProven ?? 1)) keep(snapshot, 'proven');
}

function newestOfEach(sorted: readonly Snapshot[], periodOf: (time: string) => string, count: number): readonly Snapshot[] {
  const newest = new Map<string, Snapshot>();
  for (const snapshot of sorted) {
    const period = periodOf(snapshot.time);
    if (!newest.has(period)) newest.set(period, snapshot);
  }
  return [...newest.values()].slice(0, count);
}

/** Measured from the newest snapshot, not from now: when backups stop coming, nothing more expires. */
function within(sorted: readonly Snapshot[], milliseconds: number): readonly Snapshot[] {
  const [newest] = sorted;
  if (newest === undefined || milliseconds === 0) return [];
  const earliest = Date.parse(newest.time) - milliseconds;
  return sorted.filter((snapshot) => Date.parse(snapshot.time) >= earliest);
}

/** `2026-W48`: weeks begin on Monday, and belong to the year of their Thursday (ISO 8601). */
function isoWeekOf(time: string): string {
  const thursday = new Date(`${time.slice(0, 10)}T00:00:00Z`);
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.ceil(((thursday.getTime() - firstDay) / 86_400_000 + 1) / 7);
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}
