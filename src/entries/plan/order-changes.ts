import type { Modification, NamedValues } from '../../domain/change-record.ts';
import { depthOf, normalDn, parentDn } from '../../domain/dn.ts';
import { areSameDn, joined, MovedNames, namesAbove, ownStep } from './moved-names.ts';
import type { PlannedChange } from './planned-change.ts';

export interface AddStep {
  readonly kind: 'add';
  readonly dn: string;
  readonly attributes: readonly NamedValues[];
  readonly isTaken: boolean;
  readonly reason: string;
}

export interface RenameStep {
  readonly kind: 'rename';
  /** As it is before the plan. */
  readonly dn: string;
  readonly target: string;
  readonly isOldRdnDeleted: boolean;
  /** Of the rename that takes it back. */
  readonly isNewRdnDeleted: boolean;
  /** Another entry has the name before the plan. */
  readonly isTaken: boolean;
  readonly reason: string;
}

export interface DeleteStep {
  readonly kind: 'delete';
  /** As it is before the plan. */
  readonly dn: string;
  readonly attributes: readonly NamedValues[];
  readonly reason: string;
}

export interface ModifyStep {
  readonly kind: 'modify';
  /** As it is before the plan. */
  readonly dn: string;
  /** The DN is that which it has after the plan: it is added by it. */
  readonly isFinal?: boolean | undefined;
  readonly changes: readonly Modification[];
  readonly undo: readonly Modification[];
  readonly reason: string;
}

export interface Steps {
  readonly adds: readonly AddStep[];
  readonly renames: readonly RenameStep[];
  readonly modifies: readonly ModifyStep[];
  /** Changes of entries that name others; after all others are in place. */
  readonly references: readonly ModifyStep[];
  readonly deletes: readonly DeleteStep[];
}

/** A step that cannot be done, as its name is taken, or as it waits for one that cannot. */
export interface StuckStep {
  readonly step: AddStep | RenameStep | DeleteStep;
  readonly because: string;
}

/**
 * Puts steps into waves: an entry is there before what comes below it, its name free before it is taken, and empty before it is deleted; then values, then
 * references, then what is deleted, deepest first. What cannot be ordered so is told, and nothing of it is in the waves.
 */
export function orderChanges(steps: Steps): {
  readonly waves: readonly (readonly PlannedChange[])[];
  readonly stuck: readonly StuckStep[];
} {
  const nodes = nodesOf(steps);
  const levels = levelsOf(nodes);
  const stuck = nodes.filter(({ level }) => level === undefined);
  const isDone = new Set(nodes.filter(({ level }) => level !== undefined).map(({ step }) => step));
  const renames = steps.renames.filter((step) => isDone.has(step));
  const moved = new MovedNames();
  for (const { dn, target } of renames) moved.add(dn, target);
  // Values of an entry that stays where it is were meant for another name.
  const stays = new Set(stuck.map(({ step }) => normalDn(step.dn)));
  const values = [...steps.modifies, ...steps.references].filter(({ dn }) => !stays.has(normalDn(dn)));
  const late = nodes.filter((node) => node.level !== undefined && !node.isEarly);
  const waves = [
    ...levels.map((level) => level.filter(({ isEarly }) => isEarly).map(({ step }) => plannedOf(step, moved))),
    ...modifyWaves(
      values.filter((step) => !steps.references.includes(step)),
      moved,
    ),
    ...modifyWaves(
      values.filter((step) => steps.references.includes(step)),
      moved,
    ),
    ...byDepth(late).map((level) => level.map(({ step }) => plannedOf(step, moved))),
  ];
  return {
    waves: waves.filter((wave) => wave.length > 0),
    stuck: stuck.map(({ step, isBlocked }) => ({
      step,
      because: isBlocked ? 'another entry has its name now' : 'it waits for another entry to move, which cannot',
    })),
  };
}

interface Node {
  readonly step: AddStep | RenameStep | DeleteStep;
  readonly before: Set<Node>;
  isBlocked: boolean;
  isEarly: boolean;
  /** Undefined as long as it is not known to be possible. */
  level: number | undefined;
}

function nodesOf({ adds, renames, deletes }: Steps): Node[] {
  const nodes = [...adds, ...renames, ...deletes].map((step): Node => {
    return { step, before: new Set(), isBlocked: false, isEarly: step.kind !== 'delete', level: undefined };
  });
  const providers = new Map<string, Node>();
  const freers = new Map<string, Node>();
  // Where an entry is once those above it have their names, until its own step: it is in the way there too.
  const carried = new Map<string, Node>();
  const moved = new MovedNames();
  for (const { dn, target } of renames) moved.add(dn, target);
  for (const node of nodes) {
    if (node.step.kind !== 'add') {
      freers.set(normalDn(node.step.dn), node);
      const parent = parentDn(node.step.dn) ?? '';
      const parentThen = moved.finalDn(parent);
      if (parentThen !== parent) carried.set(normalDn(joined([ownStep(node.step.dn)], parentThen)), node);
    }
    const target = targetOf(node);
    if (target === undefined) continue;
    node.isBlocked = providers.has(normalDn(target));
    providers.set(normalDn(target), node);
  }
  for (const node of nodes) link(node, { providers, freers, carried });
  const mark = (node: Node): void => {
    for (const before of node.before) {
      if (before.isEarly) continue;
      before.isEarly = true;
      mark(before);
    }
  };
  for (const node of nodes) if (node.step.kind !== 'delete') mark(node);
  return nodes;
}

function targetOf({ step }: Node): string | undefined {
  return step.kind === 'add' ? step.dn : step.kind === 'rename' ? step.target : undefined;
}

interface NodesByName {
  /** By the name that comes to be. */
  readonly providers: ReadonlyMap<string, Node>;
  /** By the name before, which is free afterwards. */
  readonly freers: ReadonlyMap<string, Node>;
  readonly carried: ReadonlyMap<string, Node>;
}

function link(node: Node, { providers, freers, carried }: NodesByName): void {
  const target = targetOf(node);
  if (target !== undefined) {
    const above = namesAbove(target);
    for (const name of above) addBefore(node, providers.get(name));
    addBefore(node, freers.get(normalDn(target)));
    addBefore(node, carried.get(normalDn(target)));
    const isFreed = [normalDn(target), ...above].some((name) => freers.has(name) && freers.get(name) !== node);
    if (node.step.kind !== 'delete' && node.step.isTaken && !isFreed) node.isBlocked = true;
  }
  if (node.step.kind === 'add') return;
  for (const name of namesAbove(node.step.dn)) {
    const above = freers.get(name);
    if (above === undefined) continue;
    if (above.step.kind === 'delete') addBefore(above, node);
    else addBefore(node, above);
  }
}

function addBefore(node: Node, before: Node | undefined): void {
  if (before !== undefined && before !== node) node.before.add(before);
}

/** Each node behind all that come before it; those of a circle, and those behind it, get no level. */
function levelsOf(nodes: readonly Node[]): Node[][] {
  const levels: Node[][] = [];
  const waiting = new Map(nodes.map((node) => [node, node.before.size + (node.isBlocked ? 1 : 0)]));
  const after = new Map<Node, Node[]>();
  for (const node of nodes) {
    for (const before of node.before) {
      const list = after.get(before) ?? [];
      list.push(node);
      after.set(before, list);
    }
  }
  let level = nodes.filter((node) => waiting.get(node) === 0);
  while (level.length > 0) {
    const next: Node[] = [];
    for (const node of level) {
      node.level = levels.length;
      for (const other of after.get(node) ?? []) {
        const left = (waiting.get(other) ?? 0) - 1;
        waiting.set(other, left);
        if (left === 0) next.push(other);
      }
    }
    levels.push(level);
    level = next;
  }
  return levels;
}

/** Deepest first. */
function byDepth(nodes: readonly Node[]): Node[][] {
  const levels = new Map<number, Node[]>();
  for (const node of nodes) {
    const depth = depthOf(node.step.dn);
    const level = levels.get(depth);
    if (level === undefined) levels.set(depth, [node]);
    else level.push(node);
  }
  return [...levels].toSorted(([one], [other]) => other - one).map(([, level]) => level);
}

/** One wave, or more where an entry is changed in more than one step. */
function modifyWaves(steps: readonly ModifyStep[], moved: MovedNames): PlannedChange[][] {
  const waves: PlannedChange[][] = [];
  const next = new Map<string, number>();
  for (const { dn, isFinal = false, changes, undo, reason } of steps) {
    const final = isFinal ? dn : moved.finalDn(dn);
    const wave = next.get(normalDn(final)) ?? 0;
    next.set(normalDn(final), wave + 1);
    const planned: PlannedChange = {
      change: { kind: 'modify', dn: final, changes },
      undo: { kind: 'modify', dn: final, changes: undo },
      reason,
    };
    const list = waves[wave];
    if (list === undefined) waves.push([planned]);
    else list.push(planned);
  }
  return waves;
}

function plannedOf(step: AddStep | RenameStep | DeleteStep, moved: MovedNames): PlannedChange {
  const { reason } = step;
  switch (step.kind) {
    case 'add':
      return { change: { kind: 'add', dn: step.dn, attributes: step.attributes }, undo: { kind: 'delete', dn: step.dn }, reason };
    case 'delete': {
      const dn = moved.finalDn(step.dn);
      return { change: { kind: 'delete', dn }, undo: { kind: 'add', dn, attributes: step.attributes }, reason };
    }
    case 'rename':
      return { ...renameOf(step, moved), reason };
  }
}

function renameOf({ dn, target, isOldRdnDeleted, isNewRdnDeleted }: RenameStep, moved: MovedNames): Omit<PlannedChange, 'reason'> {
  const parent = moved.finalDn(parentDn(dn) ?? '');
  const newParent = parentDn(target) ?? '';
  const isMoved = !areSameDn(parent, newParent);
  return {
    change: {
      kind: 'rename',
      dn: joined([ownStep(dn)], parent),
      newRdn: ownStep(target),
      isOldRdnDeleted,
      ...(isMoved ? { newParent } : {}),
    },
    undo: { kind: 'rename', dn: target, newRdn: ownStep(dn), isOldRdnDeleted: isNewRdnDeleted, ...(isMoved ? { newParent: parent } : {}) },
  };
}
