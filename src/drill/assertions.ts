import { z } from 'zod';
import type { FoundEntry } from '../directory-servers/scratch-server.ts';
import { comparableDn } from '../domain/comparable-dn.ts';

const countSchema = z.union([
  z.int().nonnegative(),
  z
    .strictObject({ min: z.int().nonnegative().optional(), max: z.int().nonnegative().optional() })
    .refine(({ min, max }) => min !== undefined || max !== undefined, 'must have min or max')
    .refine(({ min = 0, max = Infinity }) => min <= max, 'must not have a min above its max'),
]);

const valueSchema = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);

const entrySchema = z.strictObject({
  dn: z.string().min(1),
  /** Attributes that must have just these values, in any order; an empty list: must not be there. */
  attributes: z.record(z.string(), z.union([valueSchema.transform((value) => [value]), z.array(valueSchema)])).default({}),
});

const assertionSchema = z.strictObject({
  name: z.string().min(1),
  base: z.string(),
  scope: z.enum(['base', 'one', 'sub']).default('sub'),
  filter: z
    .string()
    .regex(/^\(.*\)$/s, 'must be in parentheses')
    .default('(objectClass=*)'),
  expect: z
    .strictObject({ count: countSchema.optional(), entries: z.array(entrySchema).min(1).optional() })
    .refine(({ count, entries }) => count !== undefined || entries !== undefined, 'must have count or entries'),
});

/** What an operator expects of a restored directory: a list of LDAP searches, each with what it must find. */
export const assertionsSchema = z
  .array(assertionSchema)
  .min(1)
  .superRefine((assertions, context) => {
    const names = assertions.map(({ name }) => name);
    const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
    if (twice >= 0) context.addIssue({ code: 'custom', path: [twice, 'name'], message: 'is the name of an assertion before it' });
  });

export type Assertion = z.output<typeof assertionSchema>;
type ExpectedEntry = z.output<typeof entrySchema>;

/** The attributes to ask for: those that are compared. */
export function attributesOf({ expect }: Assertion): readonly string[] {
  const names = (expect.entries ?? []).flatMap(({ attributes }) => Object.keys(attributes));
  return names.length === 0 ? ['1.1'] : [...new Set(names)];
}

/** What is wrong with what a search found, one clause for each; an empty array when the assertion is met. */
export function findingsOf({ expect }: Assertion, found: readonly FoundEntry[]): readonly string[] {
  return [...countFindings(expect.count, found.length), ...(expect.entries ?? []).flatMap((entry) => entryFindings(entry, found))];
}

function countFindings(count: Assertion['expect']['count'], found: number): readonly string[] {
  if (count === undefined) return [];
  const { min = 0, max = Infinity } = typeof count === 'number' ? { min: count, max: count } : count;
  if (found >= min && found <= max) return [];
  const expected = min === max ? `${min}` : max === Infinity ? `at least ${min}` : min === 0 ? `at most ${max}` : `${min} to ${max}`;
  return [`${found} ${found === 1 ? 'entry was' : 'entries were'} found instead of ${expected}`];
}

function entryFindings({ dn, attributes }: ExpectedEntry, found: readonly FoundEntry[]): readonly string[] {
  const entry = found.find((one) => comparableDn(one.dn) === comparableDn(dn));
  if (entry === undefined) return [`${dn} was not found`];
  return Object.entries(attributes).flatMap(([name, values]) => {
    const actual = entry.values(name);
    const isSame = actual.length === values.length && actual.toSorted().join('\0') === values.toSorted().join('\0');
    return isSame ? [] : [`${name} of ${dn} is ${listed(actual)} instead of ${listed(values)}`];
  });
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? 'absent' : values.map((value) => `"${value}"`).join(', ');
}
