import type { StoreCall } from '../harness/intercepted-store.ts';
import type { Fault, ProcessPlan } from './steps.ts';

/** What was tried, over all sequences. */
export class Tally {
  sequences = 0;
  checks = 0;
  snapshotsRead = 0;
  /** Pinned snapshots that were found pinned, over all checks. */
  pinsSeen = 0;
  readonly actions = new Map<string, number>();
  readonly faults = new Map<string, number>();
  /** Different ones: what was done, at which kind of object it was cut, and when. */
  readonly crashPoints = new Set<string>();
  readonly freezePoints = new Set<string>();
  /** By action, fault, and code. */
  readonly failures = new Map<string, number>();

  addAction(kind: string): void {
    add(this.actions, kind);
  }

  addFault({ action }: ProcessPlan, fault: Fault, { name, keys: [key = ''] }: StoreCall): void {
    add(this.faults, fault.kind);
    const point = `${action.kind}: ${name} ${key.replace(/[0-9a-f]{64}$/, '').replace(/^data\/.*/, 'data/')}`;
    if (fault.kind === 'crash') this.crashPoints.add(`${fault.moment} ${point}`);
    if (fault.kind === 'freeze') this.freezePoints.add(`${fault.moment} ${point}`);
  }

  addFailure({ action, fault }: ProcessPlan, code: string): void {
    add(this.failures, `${action.kind}, ${fault?.kind ?? 'no fault'}: ${code}`);
  }

  /** For people. */
  text(): string {
    const list = (counts: ReadonlyMap<string, number>): string =>
      [...counts]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([name, count]) => `${name} ${count}`)
        .join(', ');
    return [
      `${this.sequences} sequences, ${sum(this.actions)} processes (${list(this.actions)})`,
      `${sum(this.faults)} faults (${list(this.faults)}), ${this.crashPoints.size} crash points, ${this.freezePoints.size} freeze points`,
      `${this.checks} checks, ${this.snapshotsRead} snapshots read back, ${this.pinsSeen} pins seen`,
    ].join('\n');
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
