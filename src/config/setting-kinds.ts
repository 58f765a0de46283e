import { z } from 'zod';
import { parseDuration } from '../foundation/durations.ts';
import { parseBytes } from '../foundation/sizes.ts';

/** How a setting's text in a variable or a flag becomes the typed value that the schema checks. */
export type SettingKind = 'text' | 'path' | 'choice' | 'boolean' | 'number' | 'size' | 'duration' | 'list';

/** What every setting says of itself; file, variables, flags, JSON Schema, help and reference page are made from it. */
export interface SettingFacts {
  readonly kind: SettingKind;
  /** One sentence for the help, without a period; its first word is in lower case unless it is a name. */
  readonly description: string;
  /** Completes «is not …» in a refusal: `a duration with its unit, such as 30s`. */
  readonly expected: string;
  /** As one writes it on the command line. */
  readonly example: string;
  /** What stands for the value in help: `URL`. */
  readonly placeholder: string;
  /** `auto`, `true`: the allowed values of a choice, for completion. */
  readonly choices?: readonly string[] | undefined;
  /** The value names a file that holds a secret; the secret itself is never a setting. */
  readonly isSecretFile?: boolean | undefined;
}

type Wording = Pick<SettingFacts, 'description'> & Partial<Omit<SettingFacts, 'kind' | 'choices'>>;

/** Where the facts of each setting's schema are kept. */
export const settingFacts = z.registry<SettingFacts>();

/** Attaches the facts to a finished schema (with its default or its `optional`); must be the last step of making it. */
function withFacts<Schema extends z.ZodType>(schema: Schema, facts: SettingFacts): Schema {
  const described = schema.meta({ description: facts.description, examples: [exampleValue(facts)] });
  settingFacts.add(described, facts);
  return described;
}

function exampleValue({ kind, example }: SettingFacts): unknown {
  if (kind === 'number') return Number(example);
  if (kind === 'boolean') return example === 'true';
  return kind === 'list' ? example.split(',') : example;
}

/** Any text that is not empty and has no control characters; `pattern` narrows it. */
export function text(wording: Wording, pattern = /^[^\p{Cc}]+$/u): z.ZodOptional<z.ZodString> {
  return withFacts(z.string().min(1).regex(pattern).optional(), {
    kind: 'text',
    expected: 'a text',
    example: 'text',
    placeholder: 'TEXT',
    ...wording,
  });
}

/** As {@link text}, with what counts when nothing is set. */
export function textOrDefault(byDefault: string, wording: Wording, pattern: RegExp): z.ZodDefault<z.ZodString> {
  return withFacts(z.string().regex(pattern).default(byDefault), {
    kind: 'text',
    expected: 'a text',
    example: byDefault,
    placeholder: 'TEXT',
    ...wording,
  });
}

/** A file or folder as rootcellar sees it; relative ones count from the configuration file or, elsewhere, from the working folder. */
export function path(wording: Wording): z.ZodOptional<z.ZodString> {
  return withFacts(z.string().min(1).optional(), {
    kind: 'path',
    expected: 'the path of a file or folder',
    example: '/var/lib/rootcellar',
    placeholder: 'PATH',
    ...wording,
  });
}

export function choice<const Value extends string>(
  values: readonly [Value, ...Value[]],
  byDefault: NoInfer<Value>,
  wording: Wording,
): z.ZodDefault<z.ZodEnum<{ [Key in Value]: Key }>> {
  return withFacts(z.enum(values).default(byDefault as never), {
    kind: 'choice',
    expected: `one of ${values.join(', ')}`,
    example: values[0],
    placeholder: values.join('|'),
    choices: values,
    ...wording,
  });
}

export function boolean(byDefault: boolean, wording: Wording): z.ZodDefault<z.ZodBoolean> {
  return withFacts(z.boolean().default(byDefault), {
    kind: 'boolean',
    expected: 'true or false',
    example: String(!byDefault),
    placeholder: 'true|false',
    choices: ['true', 'false'],
    ...wording,
  });
}

/** A whole number of at least `least`. */
export function count(least: number, most: number, byDefault: number, wording: Wording): z.ZodDefault<z.ZodNumber> {
  return withFacts(z.int().min(least).max(most).default(byDefault), { ...countFacts(least, most), ...wording });
}

export function optionalCount(least: number, most: number, wording: Wording): z.ZodOptional<z.ZodNumber> {
  return withFacts(z.int().min(least).max(most).optional(), { ...countFacts(least, most), ...wording });
}

function countFacts(least: number, most: number): Omit<SettingFacts, 'description'> {
  return { kind: 'number', expected: `a whole number from ${least} to ${most}`, example: String(least), placeholder: 'N' };
}

/** A number from 0 to 1. */
export function share(byDefault: number, wording: Wording): z.ZodDefault<z.ZodNumber> {
  return withFacts(z.number().min(0).max(1).default(byDefault), {
    kind: 'number',
    expected: 'a number from 0 to 1',
    example: '0.5',
    placeholder: 'SHARE',
    ...wording,
  });
}

const sizeOf = (least: number, most: number) =>
  z.string().transform((value, context) => {
    // A bare number is refused: who writes 8 means megabytes as often as bytes.
    const bytes = /\d\s*$/.test(value) ? undefined : parseBytes(value);
    return bytes !== undefined && bytes >= least && bytes <= most ? bytes : refuse(context);
  });

const sizeValue = sizeOf(1, Number.MAX_SAFE_INTEGER);

/** A number of bytes above 0. */
export function size(byDefault: string, wording: Wording): z.ZodPrefault<typeof sizeValue> {
  return withFacts(sizeValue.prefault(byDefault), { ...sizeFacts, ...wording });
}

/** As {@link size}, of at least and at most so many bytes. */
export function sizeBetween(least: number, most: number, byDefault: string, wording: Wording): z.ZodPrefault<typeof sizeValue> {
  return withFacts(sizeOf(least, most).prefault(byDefault), { ...sizeFacts, ...wording });
}

export function optionalSize(wording: Wording): z.ZodOptional<typeof sizeValue> {
  return withFacts(sizeValue.optional(), { ...sizeFacts, ...wording });
}

const sizeFacts = {
  kind: 'size',
  expected: 'a size with its unit, such as 512KiB, 64MiB or 2GiB',
  example: '64MiB',
  placeholder: 'SIZE',
} as const;

const durationValue = z.string().transform((value, context) => {
  const milliseconds = parseDuration(value);
  return milliseconds !== undefined && milliseconds > 0 ? milliseconds : refuse(context);
});

/** A duration above 0; in code, milliseconds. */
export function duration(byDefault: string, wording: Wording): z.ZodPrefault<typeof durationValue> {
  return withFacts(durationValue.prefault(byDefault), { ...durationFacts, ...wording });
}

export function optionalDuration(wording: Wording): z.ZodOptional<typeof durationValue> {
  return withFacts(durationValue.optional(), { ...durationFacts, ...wording });
}

const durationFacts = {
  kind: 'duration',
  expected: 'a duration with its unit, such as 30s, 15m, 6h or 30d',
  example: '6h',
  placeholder: 'DURATION',
} as const;

/** Names, in a file a YAML list, elsewhere parted by commas; `pattern` narrows each. */
export function names(wording: Wording, pattern = /^[^\s,]+$/): z.ZodOptional<z.ZodArray<z.ZodString>> {
  return withFacts(z.array(z.string().regex(pattern)).min(1).optional(), {
    kind: 'list',
    expected: 'a list of names',
    example: 'userRoot,schema',
    placeholder: 'NAME,…',
    ...wording,
  });
}

function refuse(context: z.RefinementCtx): never {
  // The sentence is made from `expected` where the setting's name and place are known; this message is never shown.
  context.addIssue({ code: 'custom', message: 'refused' });
  return z.NEVER;
}
