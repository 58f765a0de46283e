import { textOf } from '../byte-text.ts';
import { normalDn } from '../dn.ts';
import { parseGeneralizedTime } from '../generalized-time.ts';
import { prepareText } from './prepare-text.ts';

/** How values are compared (RFC 4517). A value is a text of one character per byte, as in `LdifEntry`. */
export interface MatchingRule {
  /** The form in which equal values are the same; undefined for what is no value of that kind. */
  readonly normal: (value: string) => string | undefined;
  /** Orders two normal forms: negative where `one` is less. Undefined where the rule knows no order. */
  readonly compare?: (one: string, other: string) => number;
  /** A part of a value, as it lies in its normal form; undefined where parts are not compared. */
  readonly part?: (part: string) => string | undefined;
}

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const caseIgnore: MatchingRule = { normal: (value) => prepared(value, true), compare: byText, part: (part) => preparedPart(part, true) };
const caseExact: MatchingRule = { normal: (value) => prepared(value, false), compare: byText, part: (part) => preparedPart(part, false) };
const octets: MatchingRule = { normal: (value) => value, compare: byText, part: (part) => part };
const integer: MatchingRule = { normal: normalInteger, compare: compareIntegers };
const digits: MatchingRule = { normal: (value) => value.replaceAll(' ', ''), compare: byText, part: (part) => part.replaceAll(' ', '') };
const telephone: MatchingRule = { normal: normalTelephone, part: normalTelephone };
const time: MatchingRule = {
  normal: (value) => parseGeneralizedTime(value)?.toString(),
  compare: (one, other) => Number(one) - Number(other),
};
const truth: MatchingRule = { normal: (value) => (/^(?:true|false)$/i.test(value) ? value.toUpperCase() : undefined) };
const name: MatchingRule = { normal: (value) => ofText(value, normalDn) };
const nameAndUid: MatchingRule = { normal: (value) => ofText(value, normalNameAndUid) };
const identifier: MatchingRule = { normal: (value) => value.trim().toLowerCase() };

/** Of an attribute about which nothing is known. */
export const defaultRule = caseIgnore;

/** By bytes: of an attribute that has no rule, or one that is not known here. */
export const exactRule = octets;

/** RFC 4517 (section 4.2), RFC 4530 and, for the bits, the rules of Microsoft that other servers took over. */
const rules: readonly (readonly [name: string, oid: string, MatchingRule])[] = [
  ['objectIdentifierMatch', '2.5.13.0', identifier],
  ['distinguishedNameMatch', '2.5.13.1', name],
  ['caseIgnoreMatch', '2.5.13.2', caseIgnore],
  ['caseIgnoreOrderingMatch', '2.5.13.3', caseIgnore],
  ['caseIgnoreSubstringsMatch', '2.5.13.4', caseIgnore],
  ['caseExactMatch', '2.5.13.5', caseExact],
  ['caseExactOrderingMatch', '2.5.13.6', caseExact],
  ['caseExactSubstringsMatch', '2.5.13.7', caseExact],
  ['numericStringMatch', '2.5.13.8', digits],
  ['numericStringOrderingMatch', '2.5.13.9', digits],
  ['caseIgnoreListMatch', '2.5.13.11', caseIgnore],
  ['booleanMatch', '2.5.13.13', truth],
  ['integerMatch', '2.5.13.14', integer],
  ['integerOrderingMatch', '2.5.13.15', integer],
  ['bitStringMatch', '2.5.13.16', octets],
  ['octetStringMatch', '2.5.13.17', octets],
  ['octetStringOrderingMatch', '2.5.13.18', octets],
  ['telephoneNumberMatch', '2.5.13.20', telephone],
  ['uniqueMemberMatch', '2.5.13.23', nameAndUid],
  ['generalizedTimeMatch', '2.5.13.27', time],
  ['generalizedTimeOrderingMatch', '2.5.13.28', time],
  ['objectIdentifierFirstComponentMatch', '2.5.13.30', identifier],
  ['caseExactIA5Match', '1.3.6.1.4.1.1466.109.114.1', caseExact],
  ['caseIgnoreIA5Match', '1.3.6.1.4.1.1466.109.114.2', caseIgnore],
  ['caseIgnoreIA5SubstringsMatch', '1.3.6.1.4.1.1466.109.114.3', caseIgnore],
  ['uuidMatch', '1.3.6.1.1.16.2', identifier],
  ['uuidOrderingMatch', '1.3.6.1.1.16.3', { ...identifier, compare: byText }],
];

const byName = new Map(rules.flatMap(([ruleName, oid, rule]) => [[ruleName.toLowerCase(), rule] as const, [oid, rule] as const]));

/** By name in any case, or OID; undefined for one that is not known here. */
export function ruleNamed(nameOrOid: string): MatchingRule | undefined {
  return byName.get(nameOrOid.toLowerCase());
}

/** The rule of an attribute by its name there; one that is not known (servers have their own for passwords and states) compares by bytes. */
export function equalityNamed(nameOrOid: string): MatchingRule {
  return ruleNamed(nameOrOid) ?? exactRule;
}

function ofText(value: string, normal: (text: string) => string): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : normal(text);
}

function prepared(value: string, isCaseIgnored: boolean): string | undefined {
  return ofText(value, (text) => prepareText(text, isCaseIgnored));
}

/** With the blanks at its ends, each as one: `*a b*` and `*a *` differ. */
function preparedPart(part: string, isCaseIgnored: boolean): string | undefined {
  return ofText(part, (text) => {
    const inside = prepareText(text, isCaseIgnored);
    if (inside === '') return text === '' ? '' : ' ';
    return `${/^\s/.test(text) ? ' ' : ''}${inside}${/\s$/.test(text) ? ' ' : ''}`;
  });
}

function normalInteger(value: string): string | undefined {
  const [, sign = '', number = ''] = /^(-?)0*(\d+)$/.exec(value.trim()) ?? [];
  return number === '' ? undefined : number === '0' ? '0' : sign + number;
}

/** Without making numbers of them, which would lose digits. */
function compareIntegers(one: string, other: string): number {
  const [isOneNegative, isOtherNegative] = [one.startsWith('-'), other.startsWith('-')];
  if (isOneNegative !== isOtherNegative) return isOneNegative ? -1 : 1;
  const larger = one.length === other.length ? byText(one, other) : one.length - other.length;
  return isOneNegative ? -larger : larger;
}

function normalTelephone(value: string): string | undefined {
  return ofText(value, (text) => text.replaceAll(/[\s-]/g, '').toLowerCase());
}

/** `DN#'0101'B` (RFC 4517, section 3.3.21). */
function normalNameAndUid(text: string): string {
  const [, dn, bits] = /^(.*)#('[01]*'B)$/s.exec(text) ?? [];
  return dn === undefined || bits === undefined ? normalDn(text) : `${normalDn(dn)}#${bits}`;
}
