import { readDefinition, type Definition } from './read-definition.ts';
import { equalityNamed, type MatchingRule } from './matching-rules.ts';
import { syntaxes } from './syntaxes.ts';

export interface AttributeType {
  /** As they are spelled; the OID where it has no name. */
  readonly names: readonly string[];
  readonly oid: string;
  /** The OID, without a length. */
  readonly syntax: string | undefined;
  /** The name or OID of the rule by which values are equal, in lower case; undefined where it has none, so that single values cannot be taken away. */
  readonly equality: string | undefined;
  readonly isSingleValued: boolean;
  readonly isUserModifiable: boolean;
  readonly isOperational: boolean;
  /** In lower case. */
  readonly superior: string | undefined;
}

export interface ObjectClass {
  readonly names: readonly string[];
  readonly oid: string;
  readonly superiors: readonly string[];
  readonly kind: 'abstract' | 'structural' | 'auxiliary';
  readonly must: readonly string[];
  readonly may: readonly string[];
}

/** The schema of a server, as far as entries are compared and written by it. What it does not know is told by undefined, never a failure. */
export class Schema {
  readonly #attributes = new Map<string, AttributeType>();
  readonly #classes = new Map<string, ObjectClass>();
  /** How many definitions could not be read. */
  readonly unread: number;

  /** From the values of `attributeTypes` and `objectClasses` of a subschema entry (RFC 4512); what cannot be read is left out and counted. */
  constructor(attributeTypes: readonly string[], objectClasses: readonly string[]) {
    let unread = 0;
    const definitions = new Map<string, Definition>();
    for (const text of attributeTypes) {
      const definition = readDefinition(text);
      if (definition === undefined) unread += 1;
      else for (const name of namesOf(definition)) definitions.set(name, definition);
    }
    for (const [name, definition] of definitions) {
      const known = this.#attributes.get(definition.oid);
      this.#attributes.set(name, known ?? attributeOf(definition, definitions));
    }
    for (const text of objectClasses) {
      const definition = readDefinition(text);
      if (definition === undefined) unread += 1;
      else for (const name of namesOf(definition)) this.#classes.set(name, classOf(definition));
    }
    this.unread = unread;
  }

  /** By any of its names, in any case, or its OID; options (`;lang-de`) do not count. */
  attribute(name: string): AttributeType | undefined {
    return this.#attributes.get(typeOf(name));
  }

  objectClass(name: string): ObjectClass | undefined {
    return this.#classes.get(name.toLowerCase());
  }

  /** The rule by which the values are equal. Of what is not known, or has no rule: undefined. */
  equality(name: string): MatchingRule | undefined {
    const type = this.attribute(name);
    return type?.equality === undefined ? undefined : equalityNamed(type.equality);
  }

  /** The values name entries: by the syntax, or a name and an optional unique identifier. */
  isDnValued(name: string): boolean {
    const syntax = this.attribute(name)?.syntax;
    return syntax === syntaxes.dn || syntax === syntaxes.nameAndOptionalUid;
  }

  /** All names and OIDs of the attributes by which clients name entries, in lower case. */
  namesOfReferences(): readonly string[] {
    return [...this.#attributes].flatMap(([name, { isUserModifiable }]) => (isUserModifiable && this.isDnValued(name) ? [name] : []));
  }

  /** A description by which all spellings of it are one: the first name in lower case, the options in order, without `binary`. */
  comparableName(description: string): string {
    const [type = '', ...options] = description.toLowerCase().split(';');
    const first = this.#attributes.get(type)?.names[0]?.toLowerCase() ?? type;
    return [first, ...options.filter((option) => option !== 'binary').toSorted()].join(';');
  }

  /** Whether `name` is `ancestor` or derived from it. */
  isOrDerives(name: string, ancestor: string): boolean {
    const wanted = this.comparableName(typeOf(ancestor));
    let at: string | undefined = typeOf(name);
    // A circle of superiors, which no server lets in, ends as well.
    for (let steps = 0; at !== undefined && steps < 20; steps += 1) {
      if (this.comparableName(at) === wanted) return true;
      at = this.#attributes.get(at)?.superior;
    }
    return false;
  }
}

function typeOf(description: string): string {
  const end = description.indexOf(';');
  return (end < 0 ? description : description.slice(0, end)).toLowerCase();
}

function namesOf({ oid, terms }: Definition): string[] {
  return [oid, ...(terms.get('NAME') ?? []).map((name) => name.toLowerCase())];
}

function attributeOf(definition: Definition, all: ReadonlyMap<string, Definition>): AttributeType {
  const { oid, terms } = definition;
  const usage = inherited(definition, 'USAGE', all);
  const names = terms.get('NAME') ?? [];
  return {
    names: names.length > 0 ? names : [oid],
    oid,
    syntax: inherited(definition, 'SYNTAX', all)?.replace(/\{\d*\}$/, ''),
    equality: inherited(definition, 'EQUALITY', all)?.toLowerCase(),
    isSingleValued: terms.has('SINGLE-VALUE'),
    isUserModifiable: !terms.has('NO-USER-MODIFICATION'),
    isOperational: usage !== undefined && usage.toLowerCase() !== 'userapplications',
    superior: terms.get('SUP')?.[0]?.toLowerCase(),
  };
}

/** What the type says itself, else the nearest of its superiors that says it. */
function inherited(definition: Definition, keyword: string, all: ReadonlyMap<string, Definition>): string | undefined {
  let at: Definition | undefined = definition;
  for (let steps = 0; at !== undefined && steps < 20; steps += 1) {
    const [value] = at.terms.get(keyword) ?? [];
    if (value !== undefined) return value;
    const superior: string | undefined = at.terms.get('SUP')?.[0]?.toLowerCase();
    at = superior === undefined ? undefined : all.get(superior);
  }
  return undefined;
}

function classOf({ oid, terms }: Definition): ObjectClass {
  const names = terms.get('NAME') ?? [];
  return {
    names: names.length > 0 ? names : [oid],
    oid,
    superiors: terms.get('SUP') ?? [],
    kind: terms.has('ABSTRACT') ? 'abstract' : terms.has('AUXILIARY') ? 'auxiliary' : 'structural',
    must: terms.get('MUST') ?? [],
    may: terms.get('MAY') ?? [],
  };
}
