import { textBytes } from '../../domain/byte-text.ts';
import { depthOf, normalDn, parentDn, parseDn } from '../../domain/dn.ts';
import { type ChangeRecord, commentText, encodeChange, type Modification, type NamedValues } from '../../domain/change-record.ts';
import { type AttributeChange, isStamp } from '../../domain/entry-changes.ts';
import { attributesLeftOut } from '../../domain/entry-digest.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { DetailedDifference } from './diff-entries.ts';
import { valueChanges } from '../plan/entry-writer.ts';
import { areSameDn, isWithin, joined, MovedNames, ownStep } from '../plan/moved-names.ts';
import { orderChanges, type Steps, type StuckStep } from '../plan/order-changes.ts';

const leftOut = new Set(attributesLeftOut);

interface Waiting {
  readonly dn: string;
  readonly text: string;
}

/**
 * Differences as change records that make the first moment into the second, in an order in which they can be applied: a name is free before it is taken, a parent there
 * before what comes below it, and what is left to be removed goes last, the deepest first. What clients may not write is left out, and so is what no order can do (two entries
 * that swapped their names); comments say so.
 */
export class DiffChanges {
  readonly #schema: Schema;
  readonly #areSecretsShown: boolean;
  readonly #renamed: { readonly from: string; readonly to: string }[] = [];
  readonly #added: Waiting[] = [];
  readonly #changed: Waiting[] = [];
  readonly #removed: string[] = [];

  constructor(schema: Schema, areSecretsShown: boolean) {
    this.#schema = schema;
    this.#areSecretsShown = areSecretsShown;
  }

  add({ difference, changes }: DetailedDifference): void {
    const { kind, before, after } = difference;
    if (kind === 'added') {
      this.#added.push({ dn: after.dn, text: this.#encoded({ kind: 'add', dn: after.dn, attributes: this.#attributesOf(after) }) });
    } else if (kind === 'removed') this.#removed.push(before.dn);
    else {
      if (kind === 'renamed') this.#renamed.push({ from: before.dn, to: after.dn });
      const left = kind === 'renamed' ? withoutNames(changes, before.dn, after.dn) : changes;
      const modifications = left.flatMap((change) => this.#modificationsOf(change, after));
      const change = { kind: 'modify', dn: after.dn, changes: modifications } as const;
      if (modifications.length > 0) this.#changed.push({ dn: after.dn, text: this.#encoded(change, this.#notWritten(changes)) });
    }
  }

  /** All of them. */
  *text(): Generator<string> {
    yield 'version: 1\n\n';
    if (this.#renamed.length > 0) return yield* this.#aroundRenames();
    for (const { text } of this.#added.toSorted((a, b) => depthOf(a.dn) - depthOf(b.dn))) yield text;
    for (const { text } of this.#changed) yield text;
    for (const dn of this.#removed.toSorted((a, b) => depthOf(b) - depthOf(a))) yield this.#encoded({ kind: 'delete', dn });
  }

  *#aroundRenames(): Generator<string> {
    const added = new Map(this.#added.map(({ dn, text }) => [normalDn(dn), text]));
    const { waves, stuck } = orderChanges({
      ...noSteps,
      adds: this.#added.map(({ dn }) => addStep(dn)),
      renames: renamesOf(this.#renamed),
      deletes: this.#removed.map(deleteStep),
    });
    const isLast = waves.findLastIndex((wave) => wave.some(({ change }) => change.kind !== 'delete'));
    const texts = function* (some: typeof waves, encoded: (change: ChangeRecord) => string): Generator<string> {
      for (const { change } of some.flat()) yield change.kind === 'add' ? (added.get(normalDn(change.dn)) ?? '') : encoded(change);
    };
    yield* texts(waves.slice(0, isLast + 1), (change) => this.#encoded(change));
    // Another entry may have the name that these were meant for.
    const elsewhere = stuck.flatMap(({ step }) => (step.kind === 'delete' ? [] : [step.kind === 'add' ? step.dn : step.target]));
    for (const { dn, text } of this.#changed) if (!isWithin(dn, elsewhere)) yield text;
    yield* texts(waves.slice(isLast + 1), (change) => this.#encoded(change));
    for (const one of stuck) yield notDone(one);
  }

  #encoded(change: ChangeRecord, comments: readonly string[] = []): string {
    return encodeChange(change, { areSecretsShown: this.#areSecretsShown, comments });
  }

  #attributesOf({ names, values }: LdifEntry): readonly NamedValues[] {
    const attributes = new Map<string, { readonly name: string; readonly values: Uint8Array[] }>();
    for (const [index, value] of values.entries()) {
      const name = names[index] ?? '';
      if (!this.#isWritable(name)) continue;
      const known = attributes.get(name.toLowerCase()) ?? { name, values: [] };
      known.values.push(textBytes(value));
      attributes.set(name.toLowerCase(), known);
    }
    return [...attributes.values()];
  }

  #modificationsOf({ name, removed, added }: AttributeChange, after: LdifEntry): readonly Modification[] {
    if (!this.#isWritable(name) || removed.length + added.length === 0) return [];
    if (this.#schema.attribute(name)?.equality === undefined && this.#schema.attribute(name) !== undefined) {
      const now = after.values.filter((_, index) => after.names[index]?.toLowerCase() === name.toLowerCase());
      return [{ op: 'replace', name, values: now.map(textBytes) }];
    }
    return valueChanges(name, removed, added);
  }

  #notWritten(changes: readonly AttributeChange[]): readonly string[] {
    const names = changes.map(({ name }) => name).filter((name) => !this.#isWritable(name) && !isStamp(name));
    return names.length === 0 ? [] : [`not written, as the server keeps it itself: ${names.join(', ')}`];
  }

  #isWritable(name: string): boolean {
    const type = name.split(';', 1)[0]?.toLowerCase() ?? '';
    return !leftOut.has(type) && this.#schema.attribute(type)?.isUserModifiable !== false;
  }
}

/** What is left to do once an entry was renamed, which takes the values of its old name away and adds those of the new one. */
function withoutNames(changes: readonly AttributeChange[], from: string, to: string): readonly AttributeChange[] {
  const [old, now] = [namesIn(from), namesIn(to)];
  return changes.map(({ name, removed, added }) => {
    const isOf = (names: ReadonlySet<string>) => (value: string) => names.has(`${name.toLowerCase()}=${value.toLowerCase()}`);
    return { name, removed: removed.filter((value) => !isOf(old)(value)), added: added.filter((value) => !isOf(now)(value)) };
  });
}

function namesIn(dn: string): ReadonlySet<string> {
  return new Set(parseDn(dn)[0]?.parts.map(({ type, value }) => `${type}=${value.toLowerCase()}`));
}

const noSteps: Steps = { adds: [], renames: [], modifies: [], references: [], deletes: [] };

function addStep(dn: string): Steps['adds'][number] {
  return { kind: 'add', dn, attributes: [], isTaken: false, reason: '' };
}

function deleteStep(dn: string): Steps['deletes'][number] {
  return { kind: 'delete', dn, attributes: [], reason: '' };
}

/** Without those that come along with the rename of an entry above. */
function renamesOf(renamed: readonly { readonly from: string; readonly to: string }[]): Steps['renames'] {
  const moved = new MovedNames();
  for (const { from, to } of renamed) moved.add(from, to);
  return renamed
    .filter(({ from, to }) => !areSameDn(joined([ownStep(from)], moved.finalDn(parentDn(from) ?? '')), to))
    .map(({ from, to }) => ({
      kind: 'rename',
      dn: from,
      target: to,
      isOldRdnDeleted: true,
      isNewRdnDeleted: true,
      isTaken: false,
      reason: '',
    }));
}

function notDone({ step, because }: StuckStep): string {
  const what = step.kind === 'rename' ? `rename "${step.dn}" to "${step.target}"` : `${step.kind} "${step.dn}"`;
  return `# not written, as ${because}: ${commentText(what)}, and what changed in it\n\n`;
}
