import type { Modification, NamedValues } from '../../domain/change-record.ts';
import { parseDn, type RdnPart } from '../../domain/dn.ts';
import { type AttributeChange, isStamp, valuesOf } from '../../domain/entry-changes.ts';
import { textBytes } from '../../domain/byte-text.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import { isSecretAttribute } from '../../domain/secret-attributes.ts';
import type { ChangeAbilities } from '../../directory-servers/entry-changes.ts';
import type { NotPreserved } from './entry-plan.ts';
import { abilityFor } from './kept-parts.ts';

/** Modifications that do something, and what takes them back. */
export interface Modifications {
  readonly changes: readonly Modification[];
  readonly undo: readonly Modification[];
}

const dnsTold = 5;

/** Makes changes that this server takes of what differs, and keeps account of what it does not take. */
export class EntryWriter {
  readonly schema: Schema;
  readonly #abilities: ChangeAbilities;
  readonly #without: ReadonlySet<string>;
  readonly #unknownNames = new Map<string, number>();
  readonly #notPreserved = new Map<string, { attribute: string; because: string; changes: number; dns: string[] }>();

  /** `without`: attributes that are left out, as somebody asked for. */
  constructor(schema: Schema, abilities: ChangeAbilities, without: readonly string[] = []) {
    this.schema = schema;
    this.#abilities = abilities;
    this.#without = new Set(without.map((name) => schema.comparableName(name)));
  }

  /** The largest request in bytes that the server takes, where it tells. */
  get maxRequestBytes(): number | undefined {
    return this.#abilities.maxRequestBytes;
  }

  /** What entries were to be added with and the server's schema has not, and in how many: `the attribute "x"`, `the class "y"`. */
  get unknownNames(): ReadonlyMap<string, number> {
    return this.#unknownNames;
  }

  get notPreserved(): readonly NotPreserved[] {
    return [...this.#notPreserved.values()];
  }

  /** The attributes for adding the entry. What cannot be given is told, unless it is for an undo record. */
  attributesFor(entry: LdifEntry, isUndo = false): readonly NamedValues[] {
    const attributes: NamedValues[] = [];
    for (const { name, values } of valuesOf(entry, this.schema).values()) {
      const because = this.#obstacle(name, values, 'add');
      if (because === undefined) {
        attributes.push({ name, values: values.map(textBytes) });
        if (!isUndo) this.#noteUnknown(name, values);
      }
      if (because !== undefined && !isUndo) this.#tell(name, because, entry.dn);
    }
    return attributes;
  }

  /**
   * What makes the changes of the entry `now`, in the order in which a server takes them; undefined where there is nothing to do. Single values are added and taken away where the
   * attribute has an equality rule, so that the server refuses it if somebody changed the same meanwhile; others are replaced. What the server alone writes goes along
   * with other changes and never by itself. What the entry's DN names stays.
   */
  modificationsFor(now: LdifEntry, wanted: readonly AttributeChange[]): Modifications | undefined {
    const changes: Modification[] = [];
    const undo: Modification[] = [];
    let isWorthIt = false;
    const present = valuesOf(now, this.schema);
    for (const one of wanted) {
      const valuesNow = present.get(this.schema.comparableName(one.name))?.values ?? [];
      const change = withoutNames(one, now.dn, this.schema);
      if (change.removed.length + change.added.length === 0) continue;
      const because = this.#obstacle(change.name, change.added, 'modify');
      if (because !== undefined) {
        this.#tell(change.name, because, now.dn);
        continue;
      }
      isWorthIt ||= !isStamp(change.name);
      const modification = this.#modification(change, valuesNow);
      changes.push(...modification.changes);
      undo.push(...modification.undo);
    }
    return isWorthIt ? { changes, undo } : undefined;
  }

  /** What a rename sets, and nothing after it puts back. */
  tellStamps(dn: string): void {
    for (const name of ['modifyTimestamp', 'modifiersName']) this.#tell(name, 'the server notes when and by whom it is renamed now', dn);
  }

  #modification({ name, removed, added }: AttributeChange, valuesNow: readonly string[]): Modifications {
    const canTakeSingle = this.schema.attribute(name)?.equality !== undefined && !isSecretAttribute(name);
    if (canTakeSingle) return { changes: valueChanges(name, removed, added), undo: valueChanges(name, added, removed) };
    const taken = new Set(removed);
    const wanted = [...valuesNow.filter((value) => !taken.has(value)), ...added];
    return {
      changes: [{ op: 'replace', name, values: wanted.map(textBytes) }],
      undo: [{ op: 'replace', name, values: valuesNow.map(textBytes) }],
    };
  }

  /** Why the server would not take these values; undefined where it does. */
  #obstacle(name: string, values: readonly string[], operation: 'add' | 'modify'): string | undefined {
    if (this.#without.size > 0 && this.#without.has(this.schema.comparableName(name))) return 'it is to be left out';
    const means = { schema: this.schema, abilities: this.#abilities };
    const ability = abilityFor({ name, values: values.map(textBytes) }, operation, means);
    return ability === undefined || ability.isKept ? undefined : ability.because;
  }

  /** A class, or an attribute, that the schema has not: the server will refuse the entry. */
  #noteUnknown(name: string, values: readonly string[]): void {
    const unknown = this.schema.attribute(name) === undefined ? [`the attribute "${name}"`] : [];
    const hasClasses = this.schema.objectClass('top') !== undefined && name.toLowerCase() === 'objectclass';
    const classes = hasClasses ? values.filter((value) => this.schema.objectClass(value) === undefined) : [];
    for (const one of [...unknown, ...classes.map((value) => `the class "${value}"`)])
      this.#unknownNames.set(one, (this.#unknownNames.get(one) ?? 0) + 1);
  }

  #tell(attribute: string, because: string, dn: string): void {
    const key = `${this.schema.comparableName(attribute)} ${because}`;
    const told = this.#notPreserved.get(key) ?? { attribute, because, changes: 0, dns: [] };
    told.changes += 1;
    if (told.dns.length < dnsTold) told.dns.push(dn);
    this.#notPreserved.set(key, told);
  }
}

/** Without what would take a value away that the DN names, or add it in another spelling. */
function withoutNames(change: AttributeChange, dn: string, schema: Schema): AttributeChange {
  const key = schema.comparableName(change.name);
  const naming = namingValues(dn).filter(({ type }) => schema.comparableName(type) === key);
  if (naming.length === 0) return change;
  const isNaming = (value: string): boolean => naming.some((one) => isSameValue(schema, change.name, one.value, value));
  // Another spelling in its place: the name is there all the same.
  if (change.added.some(isNaming)) return change;
  return { ...change, removed: change.removed.filter((value) => !isNaming(value)) };
}

/** An entry as it is after a rename: what its new RDN names is there; what its old one named is gone where that is asked for. */
export function renamed(entry: LdifEntry, dn: string, isOldRdnDeleted: boolean, schema: Schema): LdifEntry {
  const [before, after] = [namingValues(entry.dn), namingValues(dn)];
  const isOf = (parts: readonly RdnPart[], name: string, value: string): boolean =>
    parts.some((part) => schema.comparableName(part.type) === schema.comparableName(name) && isSameValue(schema, name, part.value, value));
  const kept = entry.names
    .map((name, index) => ({ name, value: entry.values[index] ?? '' }))
    .filter(({ name, value }) => !isOldRdnDeleted || !isOf(before, name, value) || isOf(after, name, value));
  const missing = after.filter(({ type, value }) => !kept.some((one) => isOf([{ type, value }], one.name, one.value)));
  return {
    dn,
    names: [...kept.map(({ name }) => name), ...missing.map(({ type }) => type)],
    values: [...kept.map(({ value }) => value), ...missing.map(({ value }) => value)],
  };
}

/** Whether the entry has a value that the DN's own step names. */
export function hasNamingValue(entry: LdifEntry, dn: string, schema: Schema): boolean {
  return namingValues(dn).some(({ type, value }) =>
    entry.names.some((name, index) => {
      return schema.comparableName(name) === schema.comparableName(type) && isSameValue(schema, name, entry.values[index] ?? '', value);
    }),
  );
}

function isSameValue(schema: Schema, name: string, one: string, other: string): boolean {
  const rule = schema.equality(name);
  return one === other || (rule !== undefined && rule.normal(one) === rule.normal(other));
}

function namingValues(dn: string): readonly RdnPart[] {
  return parseDn(dn)[0]?.parts ?? [];
}

/** Single values taken away, then added. */
export function valueChanges(name: string, removed: readonly string[], added: readonly string[]): Modification[] {
  return [
    ...(removed.length === 0 ? [] : [{ op: 'delete', name, values: removed.map(textBytes) } as const]),
    ...(added.length === 0 ? [] : [{ op: 'add', name, values: added.map(textBytes) } as const]),
  ];
}
