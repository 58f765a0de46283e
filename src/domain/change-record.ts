import { ldifLine } from './encode-ldif.ts';
import { isSecretAttribute } from './secret-attributes.ts';

/** An attribute description and values as bytes. */
export interface NamedValues {
  readonly name: string;
  readonly values: readonly Uint8Array[];
}

/** One change of an attribute; `delete` without values takes all of them away, `replace` without any too. */
export interface Modification extends NamedValues {
  readonly op: 'add' | 'delete' | 'replace';
}

/** One change of an entry, as LDAP and LDIF (RFC 2849) have it. */
export type ChangeRecord =
  | { readonly kind: 'add'; readonly dn: string; readonly attributes: readonly NamedValues[] }
  | { readonly kind: 'delete'; readonly dn: string }
  | { readonly kind: 'modify'; readonly dn: string; readonly changes: readonly Modification[] }
  | {
      readonly kind: 'rename';
      readonly dn: string;
      readonly newRdn: string;
      readonly isOldRdnDeleted: boolean;
      /** Undefined where it stays below the same entry. */
      readonly newParent?: string | undefined;
    };

/** The attributes that a change writes, in its order; none of one that deletes or renames. */
export function attributesIn(change: ChangeRecord): readonly NamedValues[] {
  if (change.kind === 'add') return change.attributes;
  return change.kind === 'modify' ? change.changes : [];
}

/** Whether a change writes passwords or the like. */
export function hasSecret(change: ChangeRecord): boolean {
  return attributesIn(change).some(({ name }) => isSecretAttribute(name));
}

/** A text as it may stand in a comment of LDIF: on one line. */
export function commentText(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}

export interface EncodeOptions {
  /** Lines that go before the record, each behind a `#`. */
  readonly comments?: readonly string[] | undefined;
  /** Secret values are written too; without, a comment says where they would be. */
  readonly areSecretsShown?: boolean | undefined;
}

/**
 * One change record of LDIF (RFC 2849), which `ldapmodify` takes, with an empty line at its end. Where secrets are hidden, what is left of a record is still one:
 * it does the same to all other attributes, but a record of nothing else has no lines and is a comment alone.
 */
export function encodeChange(change: ChangeRecord, { comments = [], areSecretsShown = false }: EncodeOptions = {}): string {
  const remarks = comments.flatMap((comment) => comment.split(/[\r\n]+/)).map((line) => `# ${line.replaceAll(/\p{Cc}/gu, '?')}`);
  const lines = linesOf(change, areSecretsShown);
  const head = ldifLine('dn', change.dn);
  const isEmpty = change.kind === 'modify' && lines.slice(1).every((line) => line.startsWith('#'));
  const body = isEmpty
    ? [head, ...lines].map((line) => (line.startsWith('#') ? line : `# ${line.replaceAll('\n', '\n# ')}`))
    : [head, ...lines];
  return `${[...remarks, ...body].join('\n')}\n\n`;
}

/** Many records, one after the other, as they are asked for; the version line first. */
export function* encodeChanges(
  changes: Iterable<{ readonly change: ChangeRecord; readonly comments?: readonly string[] | undefined }>,
  options: { readonly areSecretsShown?: boolean | undefined } = {},
): Generator<string, void, void> {
  yield 'version: 1\n\n';
  for (const { change, comments } of changes) yield encodeChange(change, { ...options, comments });
}

function linesOf(change: ChangeRecord, areSecretsShown: boolean): string[] {
  switch (change.kind) {
    case 'add':
      return ['changetype: add', ...objectClassFirst(change.attributes).flatMap((attribute) => valueLines(attribute, areSecretsShown))];
    case 'delete':
      return ['changetype: delete'];
    case 'modify':
      return ['changetype: modify', ...change.changes.flatMap((one) => modificationLines(one, areSecretsShown))];
    case 'rename':
      return [
        'changetype: modrdn',
        ldifLine('newrdn', change.newRdn),
        `deleteoldrdn: ${change.isOldRdnDeleted ? '1' : '0'}`,
        ...(change.newParent === undefined ? [] : [ldifLine('newsuperior', change.newParent)]),
      ];
  }
}

function valueLines({ name, values }: NamedValues, areSecretsShown: boolean): string[] {
  if (isSecretAttribute(name) && !areSecretsShown) return [`# ${name}: (hidden)`];
  return values.map((value) => ldifLine(name, value));
}

function modificationLines(modification: Modification, areSecretsShown: boolean): string[] {
  const { op, name } = modification;
  if (isSecretAttribute(name) && !areSecretsShown) return [`# ${op}: ${name} (hidden)`];
  return [`${op}: ${name}`, ...valueLines(modification, areSecretsShown), '-'];
}

function objectClassFirst(attributes: readonly NamedValues[]): NamedValues[] {
  const isClass = ({ name }: NamedValues): boolean => name.toLowerCase() === 'objectclass';
  return [...attributes.filter(isClass), ...attributes.filter((attribute) => !isClass(attribute))];
}
