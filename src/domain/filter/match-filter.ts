import { exitCodes, Failure } from '../../foundation/failure.ts';
import { bytesOf, textOf } from '../byte-text.ts';
import { parseDn } from '../dn.ts';
import type { LdifEntry } from '../read-ldif.ts';
import { defaultRule, exactRule, ruleNamed, type MatchingRule } from '../schema/matching-rules.ts';
import type { Schema } from '../schema/schema.ts';
import type { Extensible, Filter } from './filter.ts';

/** RFC 4511, section 4.5.1.7: undefined where a filter cannot be evaluated for an entry. */
type Truth = boolean | undefined;
type Test = (entry: LdifEntry) => Truth;

/** Whether the entry matches; for many entries take {@link filterMatcher}. */
export function matchesFilter(filter: Filter, entry: LdifEntry, schema: Schema): boolean {
  return filterMatcher(filter, schema)(entry);
}

/**
 * The filter, made ready for many entries. An attribute matches those that are derived from it, and those with more options (`cn` also `cn;lang-de`).
 * What the schema does not know is compared as a text that ignores case, what has no equality rule by bytes. `>=` and `<=` go by the order of the equality rule, where it has one.
 *
 * @throws Failure E_FILTER_INVALID (exit code 2) for a matching rule that is not known here
 */
export function filterMatcher(filter: Filter, schema: Schema): (entry: LdifEntry) => boolean {
  const test = testOf(filter, schema);
  return (entry) => test(entry) === true;
}

function testOf(filter: Filter, schema: Schema): Test {
  switch (filter.kind) {
    case 'and':
      return every(
        filter.filters.map((one) => testOf(one, schema)),
        false,
      );
    case 'or':
      return every(
        filter.filters.map((one) => testOf(one, schema)),
        true,
      );
    case 'not': {
      const test = testOf(filter.filter, schema);
      return (entry) => negated(test(entry));
    }
    case 'present': {
      const isMeant = descriptionTest(filter.attribute, schema);
      return ({ names }) => names.some(isMeant);
    }
    case 'equal':
    case 'atLeast':
    case 'atMost':
    case 'like':
      return valueTest(filter, schema);
    case 'parts':
      return partsTest(filter, schema);
    case 'extensible':
      return extensibleTest(filter, schema);
  }
}

/** All of them, or with `isAny` one of them: true, false, and undefined where it hangs on one that is undefined. */
function every(tests: readonly Test[], isAny: boolean): Test {
  return (entry) => {
    let result: Truth = !isAny;
    for (const test of tests) {
      const one = test(entry);
      if (one === isAny) return isAny;
      if (one === undefined) result = undefined;
    }
    return result;
  };
}

function negated(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}

function ruleOf(attribute: string, schema: Schema): MatchingRule {
  return schema.equality(attribute) ?? (schema.attribute(attribute) === undefined ? defaultRule : exactRule);
}

function valueTest(filter: Filter & { readonly kind: 'equal' | 'atLeast' | 'atMost' | 'like' }, schema: Schema): Test {
  const rule = ruleOf(filter.attribute, schema);
  const isMeant = descriptionTest(filter.attribute, schema);
  if (filter.kind === 'like') {
    const wanted = likeness(filter.value);
    return ({ names, values }) => names.some((name, index) => isMeant(name) && likeness(values[index] ?? '') === wanted);
  }
  const wanted = rule.normal(filter.value);
  if (wanted === undefined) return () => undefined;
  const { compare } = rule;
  if (filter.kind === 'equal') return someValue(isMeant, rule, (value) => value === wanted);
  if (compare === undefined) return () => undefined;
  return someValue(
    isMeant,
    rule,
    filter.kind === 'atLeast' ? (value) => compare(value, wanted) >= 0 : (value) => compare(value, wanted) <= 0,
  );
}

/** Whether one of the values that are meant passes; undefined where none does and one of them is no value of the rule. */
function someValue(isMeant: (name: string) => boolean, rule: MatchingRule, test: (normal: string) => boolean): Test {
  return ({ names, values }) => {
    let result: Truth = false;
    for (let index = 0; index < names.length; index += 1) {
      if (!isMeant(names[index] ?? '')) continue;
      const normal = rule.normal(values[index] ?? '');
      if (normal === undefined) result = undefined;
      else if (test(normal)) return true;
    }
    return result;
  };
}

function partsTest({ attribute, initial, any, final }: Filter & { readonly kind: 'parts' }, schema: Schema): Test {
  const rule = ruleOf(attribute, schema);
  const { part } = rule;
  if (part === undefined) return () => undefined;
  const isMeant = descriptionTest(attribute, schema);
  // Blanks at the ends of a value are none, so those at the ends of a filter are not either.
  const [first, last, ...middle] = [initial.replace(/^ +/, ''), final.replace(/ +$/, ''), ...any].map((one) => part(one));
  if (first === undefined || last === undefined || middle.includes(undefined)) return () => undefined;
  return someValue(isMeant, rule, (value) => hasParts(value, { first, middle: middle.map((one) => one ?? ''), last }));
}

function hasParts(
  value: string,
  { first, middle, last }: { readonly first: string; readonly middle: readonly string[]; readonly last: string },
): boolean {
  if (!value.startsWith(first)) return false;
  let at = first.length;
  for (const part of middle) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return value.length - last.length >= at && value.endsWith(last);
}

function extensibleTest(filter: Extensible, schema: Schema): Test {
  const { attribute, isDnIncluded } = filter;
  const isMeant = attribute === undefined ? () => true : descriptionTest(attribute, schema);
  const test = extensibleRule(filter, schema);
  if (test === undefined) return () => undefined;
  return (entry) => {
    if (entry.names.some((name, index) => isMeant(name) && test(entry.values[index] ?? ''))) return true;
    return isDnIncluded && namingParts(entry.dn).some(({ type, value }) => isMeant(type) && test(value));
  };
}

/** What a value has to be; undefined where the value of the filter is none of the rule. */
function extensibleRule({ attribute, rule: ruleName, value }: Extensible, schema: Schema): ((value: string) => boolean) | undefined {
  const bits = ruleName === undefined ? undefined : bitRules.get(ruleName.toLowerCase());
  if (bits !== undefined) return /^-?\d{1,20}$/.test(value) ? bits(BigInt(value)) : undefined;
  const rule = ruleName === undefined ? ruleOf(attribute ?? '', schema) : ruleNamed(ruleName);
  if (rule === undefined) {
    throw new Failure('E_FILTER_INVALID', `Cannot use the filter: the matching rule ${beginningOf(ruleName ?? '')} is not known here`, {
      exitCode: exitCodes.usage,
      hint: 'use caseExactMatch, caseIgnoreMatch, integerMatch or another rule of RFC 4517',
    });
  }
  const wanted = rule.normal(value);
  if (wanted === undefined) return undefined;
  const { compare } = rule;
  // The rules of order by themselves ask for what is less (RFC 4517, section 4.2).
  if (/ordering/i.test(ruleName ?? '') && compare !== undefined) {
    return (one) => {
      const normal = rule.normal(one);
      return normal !== undefined && compare(normal, wanted) < 0;
    };
  }
  return (one) => rule.normal(one) === wanted;
}

/** A name may go on for as long as a filter does, and a sentence may not. */
function beginningOf(name: string): string {
  return name.length <= 60 ? name : `${name.slice(0, 60)}…`;
}

/** All bits of a number, or any of them: the two rules that other directories have for flags. */
const bitRules = new Map<string, (mask: bigint) => (value: string) => boolean>([
  ['1.2.840.113556.1.4.803', (mask) => (value) => isNumber(value) && (BigInt(value) & mask) === mask],
  ['1.2.840.113556.1.4.804', (mask) => (value) => isNumber(value) && (BigInt(value) & mask) !== 0n],
]);

function isNumber(value: string): boolean {
  return /^-?\d{1,20}$/.test(value);
}

function namingParts(dn: string) {
  try {
    return parseDn(dn).flatMap((rdn) => rdn.parts);
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}

/** Whether the description of a value is the one asked for or a kind of it; each spelling is looked at once. */
function descriptionTest(wanted: string, schema: Schema): (name: string) => boolean {
  const known = new Map<string, boolean>();
  const [wantedType = '', ...wantedOptions] = wanted.toLowerCase().split(';');
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const [type = '', ...options] = name.toLowerCase().split(';');
    const is = schema.isOrDerives(type, wantedType) && wantedOptions.every((option) => option === 'binary' || options.includes(option));
    if (known.size < 10_000) known.set(name, is);
    return is;
  };
}

/** What is left of a text without accents, case and punctuation: `~=` finds what people write in more than one way. */
function likeness(value: string): string {
  const text = textOf(value);
  if (text === undefined) return value;
  const bare = text.normalize('NFKD').replaceAll(/[^\p{L}\p{N}]/gu, '');
  return bytesOf((bare === '' ? text : bare).toLowerCase());
}
