import type { Job } from '../../../../src/domain/run-record.ts';
import type { RecoveryReport } from '../../../../src/domain/recovery-report.ts';
import { factsOf, listOf, numberOf, textOf, type Facts } from './read-unknown.ts';

/** A failure by the way, which did not end the run. */
export interface SideFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface SnapshotName {
  readonly id: string;
  readonly time: string;
  readonly server: string;
  readonly bytes: number | undefined;
}

export interface BackupResult {
  readonly kind: 'backup';
  readonly snapshot: SnapshotName;
  readonly state: string;
  readonly remarks: readonly string[];
  readonly backends: readonly string[];
  readonly newBytes: number | undefined;
  readonly storedBytes: number | undefined;
  readonly files: number | undefined;
  readonly entries: number | undefined;
  /** IDs of older snapshots that went by the rule. */
  readonly forgotten: readonly string[];
  readonly failures: readonly SideFailure[];
}

/** What somebody did to an object that is locked: its older version is still there. */
export interface Suspicion {
  readonly key: string;
  readonly what: 'hidden' | 'overwritten';
}

export interface VerifyResult {
  readonly kind: 'verify';
  /** Undefined: no damage was found in the part that was read, and of the rest it is not known. */
  readonly isWhole: boolean | undefined;
  readonly isDataRead: boolean;
  readonly part:
    | { readonly name: string; readonly objects: number; readonly ofObjects: number; readonly bytes: number; readonly ofBytes: number }
    | undefined;
  readonly objects: readonly {
    readonly object: string;
    readonly finding: string;
    readonly isDamage: boolean;
    readonly remedy: string | undefined;
  }[];
  readonly snapshots: readonly (SnapshotName & {
    readonly damages: readonly { readonly path: string; readonly finding: string }[];
    readonly lockedUntil: string | undefined;
  })[];
  readonly suspicions: readonly Suspicion[];
  /** Undefined where nothing says that they should be. */
  readonly areLocked: boolean | undefined;
  readonly failures: readonly SideFailure[];
}

export interface DrillResult {
  readonly kind: 'drill';
  readonly report: RecoveryReport;
}

export interface ForgetResult {
  readonly kind: 'forget';
  readonly isDone: boolean;
  readonly kept: readonly (SnapshotName & { readonly reasons: readonly string[] })[];
  readonly forgotten: readonly SnapshotName[];
}

export interface PruneResult {
  readonly kind: 'prune';
  readonly isDone: boolean;
  readonly objects: readonly { readonly key: string; readonly bytes: number }[];
  /** Of these objects. */
  readonly bytes: number;
  readonly removedBytes: number;
  /** What is too young to be removed. */
  readonly waiting: number;
  /** Undefined where no locks are set: then what is removed is gone at once. */
  readonly hidden: HiddenVersions | undefined;
  readonly suspicions: readonly Suspicion[];
  readonly failures: readonly SideFailure[];
}

/** What was removed before, and is only hidden while its lock lasts. */
export interface HiddenVersions {
  readonly versions: number;
  readonly bytes: number;
  /** Undefined in a plan. */
  readonly swept:
    | {
        readonly bytes: number;
        readonly lockedVersions: number;
        readonly lockedBytes: number;
        readonly lockedUntil: string | undefined;
        readonly refusedVersions: number;
      }
    | undefined;
}

export type RunResultFacts = BackupResult | VerifyResult | DrillResult | ForgetResult | PruneResult;

/** Reads the document that a job's command prints with `--json`; undefined for one of another form. */
export function readResult(job: Job, result: unknown): RunResultFacts | undefined {
  switch (job) {
    case 'backup':
      return readBackup(result);
    case 'verify':
      return readVerify(result);
    case 'drill': {
      const report = readRecovery(result);
      return report === undefined ? undefined : { kind: 'drill', report };
    }
    case 'forget':
      return readForget(result);
    case 'prune':
      return readPrune(result);
  }
}

function readBackup(result: unknown): BackupResult | undefined {
  const facts = factsOf(result);
  const snapshot = snapshotName(result);
  if (facts === undefined || snapshot === undefined) return undefined;
  return {
    kind: 'backup',
    snapshot,
    state: textOf(facts['state']) ?? 'complete',
    remarks: listOf(facts['remarks'], textOf),
    backends: listOf(facts['backends'], textOf),
    newBytes: numberOf(facts['newBytes']),
    storedBytes: numberOf(facts['storedBytes']),
    files: numberOf(facts['files']),
    entries: numberOf(facts['entries']),
    forgotten: listOf(facts['forgotten'], textOf),
    failures: listOf([facts['forgetFailure'], facts['lockFailure']], sideFailure),
  };
}

function readVerify(result: unknown): VerifyResult | undefined {
  const facts = factsOf(result);
  if (facts === undefined || !Array.isArray(facts['snapshots'])) return undefined;
  const { isWhole, isLocked } = facts;
  return {
    kind: 'verify',
    isWhole: typeof isWhole === 'boolean' ? isWhole : undefined,
    isDataRead: facts['isDataRead'] === true,
    part: partOf(facts['part']),
    objects: listOf(facts['objects'], (one) => {
      const object = factsOf(one);
      const [key, finding] = [textOf(object?.['object']), textOf(object?.['finding'])];
      if (object === undefined || key === undefined || finding === undefined) return undefined;
      return { object: key, finding, isDamage: object['isDamage'] === true, remedy: textOf(object['remedy']) };
    }),
    snapshots: listOf(facts['snapshots'], (one) => {
      const snapshot = snapshotName(one);
      return snapshot === undefined
        ? undefined
        : { ...snapshot, damages: listOf(factsOf(one)?.['damages'], damageOf), lockedUntil: textOf(factsOf(one)?.['lockedUntil']) };
    }),
    suspicions: listOf(facts['suspicions'], suspicion),
    areLocked: typeof isLocked === 'boolean' ? isLocked : undefined,
    failures: listOf([facts['lockFailure']], sideFailure),
  };
}

function damageOf(one: unknown): { readonly path: string; readonly finding: string } | undefined {
  const damage = factsOf(one);
  const finding = textOf(damage?.['finding']);
  return finding === undefined ? undefined : { path: textOf(damage?.['path']) ?? '', finding };
}

function partOf(value: unknown): VerifyResult['part'] {
  const part = factsOf(value);
  const name = textOf(part?.['name']);
  if (part === undefined || name === undefined) return undefined;
  const count = (of: string): number => numberOf(part[of]) ?? 0;
  return { name, objects: count('objects'), ofObjects: count('ofObjects'), bytes: count('bytes'), ofBytes: count('ofBytes') };
}

/** The report of a drill or restore; it has its schema where it is written, and here it is known by its version. */
export function readRecovery(result: unknown): RecoveryReport | undefined {
  const facts = factsOf(result);
  if (facts?.['version'] !== 1 || !Array.isArray(facts['steps']) || !Array.isArray(facts['proofs'])) return undefined;
  return textOf(facts['outcome']) === undefined ? undefined : (result as RecoveryReport);
}

function readForget(result: unknown): ForgetResult | undefined {
  const facts = factsOf(result);
  if (facts === undefined || !Array.isArray(facts['keep']) || !Array.isArray(facts['forget'])) return undefined;
  return {
    kind: 'forget',
    isDone: facts['isDone'] === true,
    kept: listOf(facts['keep'], (one) => {
      const snapshot = snapshotName(factsOf(one)?.['snapshot']);
      return snapshot === undefined ? undefined : { ...snapshot, reasons: listOf(factsOf(one)?.['reasons'], textOf) };
    }),
    forgotten: listOf(facts['forget'], snapshotName),
  };
}

function readPrune(result: unknown): PruneResult | undefined {
  const facts = factsOf(result);
  const bytes = numberOf(facts?.['bytes']);
  if (facts === undefined || bytes === undefined || !Array.isArray(facts['objects'])) return undefined;
  return {
    kind: 'prune',
    isDone: facts['isDone'] === true,
    objects: listOf(facts['objects'], (one) => {
      const object = factsOf(one);
      const key = textOf(object?.['key']);
      return key === undefined ? undefined : { key, bytes: numberOf(object?.['bytes']) ?? 0 };
    }),
    bytes,
    removedBytes: numberOf(facts['removedBytes']) ?? 0,
    waiting: numberOf(facts['waiting']) ?? 0,
    hidden: hiddenVersions(facts),
    suspicions: listOf(facts['suspicions'], suspicion),
    failures: [...listOf(facts['refusals'], sideFailure), ...listOf([facts['sweepRefusal'], facts['lockFailure']], sideFailure)],
  };
}

function hiddenVersions(prune: Facts): HiddenVersions | undefined {
  const hidden = factsOf(prune['hiddenVersions']);
  if (hidden === undefined) return undefined;
  const swept = factsOf(prune['swept']);
  const [locked, refused] = [factsOf(swept?.['locked']), factsOf(swept?.['refused'])];
  return {
    versions: numberOf(hidden['versions']) ?? 0,
    bytes: numberOf(hidden['bytes']) ?? 0,
    swept: swept && {
      bytes: numberOf(swept['bytes']) ?? 0,
      lockedVersions: numberOf(locked?.['versions']) ?? 0,
      lockedBytes: numberOf(locked?.['bytes']) ?? 0,
      lockedUntil: textOf(locked?.['until']),
      refusedVersions: numberOf(refused?.['versions']) ?? 0,
    },
  };
}

function suspicion(one: unknown): Suspicion | undefined {
  const facts = factsOf(one);
  const [key, what] = [textOf(facts?.['key']), facts?.['what']];
  return key !== undefined && (what === 'hidden' || what === 'overwritten') ? { key, what } : undefined;
}

function snapshotName(value: unknown): SnapshotName | undefined {
  const facts = factsOf(value);
  const [id, time, server] = [textOf(facts?.['id']), textOf(facts?.['time']), textOf(facts?.['server'])];
  if (id === undefined || time === undefined || server === undefined) return undefined;
  return { id, time, server, bytes: numberOf(facts?.['bytes']) };
}

function sideFailure(value: unknown): SideFailure | undefined {
  const facts = factsOf(value);
  const [code, message] = [textOf(facts?.['code']), textOf(facts?.['message'])];
  return code === undefined || message === undefined ? undefined : { code, message, hint: textOf(facts?.['hint']) };
}
