/** What the commands about entries print with `--json`, as far as these pages read it. */
export interface NamedSnapshot {
  readonly id: string;
  readonly server: string;
  readonly backupId: string;
  /** RFC 3339, UTC. */
  readonly time: string;
}

export type Moment = NamedSnapshot | 'now';

export type Value = string | { readonly base64: string };

export interface Attribute {
  readonly name: string;
  readonly values: readonly Value[];
  /** How many values are not shown, as they are secret. */
  readonly hidden?: number;
}

export interface AttributeChange {
  readonly name: string;
  readonly removed: Attribute;
  readonly added: Attribute;
}

/** `entry find`. */
export interface FoundDocument {
  readonly snapshots: number;
  readonly isAll: boolean;
  readonly entries: readonly FoundEntry[];
}

export interface FoundEntry {
  readonly dn: string;
  readonly entryUuid?: string;
  /** In how many of the snapshots it is. */
  readonly snapshots: number;
  readonly first: NamedSnapshot;
  readonly last: NamedSnapshot;
}

/** `entry show --beside`. */
export interface BesideDocument {
  readonly snapshot: NamedSnapshot;
  readonly dn?: string;
  readonly attributes?: readonly Attribute[];
  readonly beside: { readonly moment: Moment; readonly dn?: string; readonly attributes?: readonly Attribute[] };
  readonly changes: readonly AttributeChange[];
}

/** `entry history`. */
export interface HistoryDocument {
  readonly snapshots: number;
  readonly moments: readonly HistoryMoment[];
}

export interface HistoryMoment {
  readonly kind: 'first' | 'appeared' | 'changed' | 'renamed' | 'replaced' | 'gone';
  readonly snapshot: NamedSnapshot;
  readonly since?: NamedSnapshot;
  readonly dn: string;
  readonly dnBefore?: string;
  readonly modifiersName?: string;
  readonly modifyTimestamp?: string;
  readonly changes: readonly AttributeChange[];
}

export type DifferenceKind = 'added' | 'removed' | 'changed' | 'renamed';

/** `entry diff`. */
export interface DiffDocument {
  readonly before: Moment;
  readonly after: Moment;
  readonly counts: Readonly<Record<DifferenceKind, number>>;
  readonly attributes: readonly { readonly name: string; readonly entries: number }[];
  readonly examples: readonly Difference[];
}

export interface Difference {
  readonly kind: DifferenceKind;
  readonly dn: string;
  readonly dnBefore?: string;
  readonly attributes: readonly string[];
}

export type ChangeKind = 'add' | 'delete' | 'modify' | 'rename';

/** `entry restore`, `entry revert` and `entry undo`: the plan, and what came of it where it was carried out. */
export interface ChangesDocument {
  readonly isDone: boolean;
  readonly counts?: Readonly<Record<ChangeKind, number>>;
  readonly unchanged?: number;
  readonly changes: readonly PlannedChange[];
  readonly conflicts: readonly Conflict[];
  /** Of `entry undo`: `notKept`. */
  readonly notPreserved?: readonly NotKept[];
  readonly notKept?: readonly NotKept[];
  readonly addedSince?: { readonly count: number; readonly dns: readonly string[] };
  readonly notes?: readonly string[];
  readonly alreadyUndone?: number;
  readonly writtenFor?: string;
  readonly records?: { readonly ldif: string; readonly left: number };
  readonly result?: AppliedResult;
}

export interface PlannedChange {
  readonly dn: string;
  readonly change: ChangeKind;
  readonly reason: string;
}

export interface Conflict {
  readonly dn: string;
  readonly attribute?: string;
  readonly because: string;
  readonly isForced?: boolean;
  readonly canBeForced?: boolean;
}

export interface NotKept {
  readonly attribute: string;
  readonly changes: number;
  readonly because: string;
}

export interface AppliedResult {
  readonly applied: number;
  readonly proven: number;
  readonly undoFile?: string;
  readonly milliseconds: number;
  readonly refused: readonly {
    readonly dn: string;
    readonly change: ChangeKind;
    readonly text: string;
    readonly result: string;
    readonly attribute?: string;
  }[];
  readonly unproven: readonly { readonly dn: string; readonly state: string }[];
}

/** What the server notes of every change: when and by whom. */
export function isStamp(name: string): boolean {
  return /^(?:modifytimestamp|modifiersname)$/i.test(name);
}
