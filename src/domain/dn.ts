import { exitCodes, Failure } from '../foundation/failure.ts';
import { bytesOf, textOf } from './byte-text.ts';
import { comparableDn } from './comparable-dn.ts';
import { escapeRdnValue } from './escape-rdn-value.ts';
import { pointAt } from './point-at.ts';
import { prepareText } from './schema/prepare-text.ts';

/** One name and value of an RDN. */
export interface RdnPart {
  /** In lower case, and the short name where RFC 4514 or RFC 4519 has one for it or its OID. */
  readonly type: string;
  /** Each character is one byte, as in `LdifEntry`. */
  readonly value: string;
}

/** One step of a DN; more than one part where it is multi-valued. */
export interface Rdn {
  /** As it is spelled, without blanks at its ends. */
  readonly text: string;
  readonly parts: readonly RdnPart[];
}

/**
 * Reads a DN (RFC 4514), from the entry upwards; the empty text is that of the root, without any step. What older forms allow is read too: blanks around
 * separators, `;` between steps, values in quotes, `oid.` before an OID.
 *
 * @throws Failure E_DN_INVALID (exit code 2), which shows the position
 */
export function parseDn(text: string): readonly Rdn[] {
  const rdns: Rdn[] = [];
  let at = skipBlanks(text, 0);
  if (at === text.length) return rdns;
  for (;;) {
    const from = at;
    const parts: RdnPart[] = [];
    do {
      const part = readPart(text, parts.length === 0 ? at : at + 1);
      parts.push(part);
      at = part.end;
    } while (text[at] === '+');
    rdns.push({ text: text.slice(skipBlanks(text, from), trimmedEnd(text, at)), parts: parts.map(({ type, value }) => ({ type, value })) });
    if (at === text.length) return rdns;
    at += 1;
  }
}

/**
 * A DN in the one form that all its spellings share, by which it is found and compared: lower case, prepared by RFC 4518, escapes of one kind, multi-valued RDNs
 * in order, the OIDs and long names of RFC 4514 and RFC 4519 by their short names. Every type is taken to ignore case, as a schema is not at hand.
 * What is no DN, though a server has let it in, keeps the form of {@link comparableDn}: this never rejects.
 */
export function normalDn(text: string): string {
  if (simpleDn.test(text)) return text.toLowerCase();
  let rdns: readonly Rdn[];
  try {
    rdns = parseDn(text);
  } catch (error) {
    if (error instanceof Failure) return comparableDn(text);
    throw error;
  }
  return rdns.map(normalRdn).join(',');
}

/** One step as {@link normalDn} has it. */
export function normalRdn({ parts }: Rdn): string {
  return parts
    .map(({ type, value }) => `${type}=${normalValue(value)}`)
    .toSorted()
    .join('+');
}

/** What is above, as it is spelled; '' above a step that is alone, undefined above the root. */
export function parentDn(text: string): string | undefined {
  if (simpleDn.test(text)) {
    const comma = text.indexOf(',');
    return comma < 0 ? '' : text.slice(comma + 1);
  }
  const rdns = parseDn(text);
  if (rdns.length === 0) return undefined;
  return rdns
    .slice(1)
    .map((rdn) => rdn.text)
    .join(',');
}

/** How many steps a DN has, in whatever form; 0 is the root. */
export function depthOf(text: string): number {
  if (simpleDn.test(text)) return text.split(',').length;
  return parseDn(text).length;
}

/** Whether the entry is the base or below it; both in the form of {@link normalDn}. */
export function isAtOrBelow(normal: string, normalBase: string): boolean {
  // In that form every `=` inside of a value is escaped, so that a base never ends within one.
  return (
    normalBase === '' || normal === normalBase || (normal.endsWith(normalBase) && normal[normal.length - normalBase.length - 1] === ',')
  );
}

/** Nothing to do but the case. Names of up to five letters are the short ones. */
const simpleDn = /^[a-z]{1,5}=[\w.@:/'()*!&~$?-]+(?: [\w.@:/'()*!&~$?-]+)*(?:,[a-z]{1,5}=[\w.@:/'()*!&~$?-]+(?: [\w.@:/'()*!&~$?-]+)*)*$/i;

/** RFC 4514 (section 3) and RFC 4519: types that name entries, by their OIDs and longer names. */
const shortNames = new Map(
  Object.entries({
    cn: ['2.5.4.3', 'commonname'],
    sn: ['2.5.4.4', 'surname'],
    serialnumber: ['2.5.4.5'],
    c: ['2.5.4.6', 'countryname'],
    l: ['2.5.4.7', 'localityname'],
    st: ['2.5.4.8', 'stateorprovincename'],
    street: ['2.5.4.9', 'streetaddress'],
    o: ['2.5.4.10', 'organizationname'],
    ou: ['2.5.4.11', 'organizationalunitname'],
    title: ['2.5.4.12'],
    description: ['2.5.4.13'],
    member: ['2.5.4.31'],
    owner: ['2.5.4.32'],
    givenname: ['2.5.4.42'],
    initials: ['2.5.4.43'],
    x500uniqueidentifier: ['2.5.4.45'],
    uniquemember: ['2.5.4.50'],
    dc: ['0.9.2342.19200300.100.1.25', 'domaincomponent'],
    uid: ['0.9.2342.19200300.100.1.1', 'userid'],
    mail: ['0.9.2342.19200300.100.1.3', 'rfc822mailbox'],
    entryuuid: ['1.3.6.1.1.16.4'],
  }).flatMap(([short, others]) => others.map((other) => [other, short] as const)),
);

function readPart(text: string, start: number): RdnPart & { readonly end: number } {
  const from = skipBlanks(text, start);
  const [written = ''] = /^(?:(?:oid\.)?\d+(?:\.\d+)*|[a-z][a-z0-9_-]*)/i.exec(text.slice(from, from + 256)) ?? [];
  if (written === '') throw invalid(text, from, 'the name of an attribute is expected');
  const equals = skipBlanks(text, from + written.length);
  if (text[equals] !== '=') throw invalid(text, equals, 'a "=" is expected');
  const type = written.toLowerCase().replace(/^oid\./, '');
  const { value, end } = readValue(text, skipBlanks(text, equals + 1));
  return { type: shortNames.get(type) ?? type, value, end };
}

/** The value that begins there, and where the separator behind it, or the end of the text, is. */
function readValue(text: string, at: number): { readonly value: string; readonly end: number } {
  if (text[at] === '#') return readHex(text, at);
  const isQuoted = text[at] === '"';
  let value = '';
  let end = isQuoted ? at + 1 : at;
  let literalFrom = end;
  // What blanks at the end are taken from: nothing that was escaped.
  let kept = 0;
  while (end < text.length && (isQuoted ? text[end] !== '"' : !isSeparator(text[end]))) {
    if (text[end] === '\0' || (text[end] === '"' && !isQuoted)) throw invalid(text, end, 'this character has to be escaped');
    if (text[end] !== '\\') {
      end += 1;
      continue;
    }
    value += bytesOf(text.slice(literalFrom, end));
    const escaped = readEscape(text, end);
    value += escaped.bytes;
    end = escaped.end;
    literalFrom = end;
    kept = value.length;
  }
  value += bytesOf(text.slice(literalFrom, end));
  if (!isQuoted) return { value: withoutBlanksBehind(value, kept), end };
  if (end === text.length) throw invalid(text, at, 'these quotes are not closed');
  end = skipBlanks(text, end + 1);
  if (end < text.length && !isSeparator(text[end])) throw invalid(text, end, 'a "," or "+" is expected');
  return { value, end };
}

/** Without the blanks at its end, of which none is before `kept`. No regular expression, as that tries each run of blanks again and again. */
function withoutBlanksBehind(value: string, kept: number): string {
  let end = value.length;
  while (end > kept && value[end - 1] === ' ') end -= 1;
  return value.slice(0, end);
}

function readEscape(text: string, at: number): { readonly bytes: string; readonly end: number } {
  const [digits] = /^[0-9a-f]{2}/i.exec(text.slice(at + 1, at + 3)) ?? [];
  if (digits !== undefined) return { bytes: String.fromCharCode(Number.parseInt(digits, 16)), end: at + 3 };
  const code = text.codePointAt(at + 1);
  if (code === undefined) throw invalid(text, at, 'nothing follows this "\\"');
  const character = String.fromCodePoint(code);
  return { bytes: bytesOf(character), end: at + 1 + character.length };
}

/** A value in hexadecimal digits: what its BER holds where that is a text or bytes, else what the digits say. */
function readHex(text: string, at: number): { readonly value: string; readonly end: number } {
  let end = at + 1;
  while (end < text.length && /[0-9a-f]/i.test(text[end] ?? '')) end += 1;
  const digits = text.slice(at + 1, end);
  if (digits.length === 0 || digits.length % 2 !== 0) throw invalid(text, at, 'pairs of hexadecimal digits are expected behind "#"');
  const bytes = Buffer.from(digits, 'hex');
  end = skipBlanks(text, end);
  if (end < text.length && !isSeparator(text[end])) throw invalid(text, end, 'a hexadecimal digit is expected');
  const isText = stringTags.has(bytes[0] ?? 0) && bytes[1] === bytes.length - 2 && bytes.length < 130;
  return { value: bytes.toString('latin1', isText ? 2 : 0), end };
}

/** OCTET STRING, UTF8String, PrintableString, T61String, IA5String. */
const stringTags = new Set([4, 12, 19, 20, 22]);

function normalValue(value: string): string {
  const text = textOf(value);
  if (text === undefined) return `#${Buffer.from(value, 'latin1').toString('hex')}`;
  return escapeRdnValue(prepareText(text, true));
}

function isSeparator(character: string | undefined): boolean {
  return character === ',' || character === '+' || character === ';';
}

function skipBlanks(text: string, at: number): number {
  let end = at;
  while (text[end] === ' ') end += 1;
  return end;
}

/** Where the step ends without its blanks; a blank that is escaped belongs to it. */
function trimmedEnd(text: string, at: number): number {
  let end = at;
  while (text[end - 1] === ' ') end -= 1;
  return text[end - 1] === '\\' && end < at ? end + 1 : end;
}

function invalid(text: string, at: number, state: string): Failure {
  return new Failure('E_DN_INVALID', `Cannot read a DN: position ${at + 1}: ${state}`, {
    exitCode: exitCodes.usage,
    hint: pointAt(text, at),
  });
}
