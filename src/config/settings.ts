import { z } from 'zod';
import { configSchema } from './schema.ts';
import { settingFacts, type SettingFacts } from './setting-kinds.ts';

/** One setting, with its names in all three sources. */
export interface Setting extends SettingFacts {
  /** As in the file: `s3.requestTimeout`. */
  readonly name: string;
  /** `ROOTCELLAR_S3_REQUEST_TIMEOUT`. */
  readonly variable: string;
  /** `--s3-request-timeout`. */
  readonly flag: string;
  readonly schema: z.ZodType;
  /** As one would write it; undefined when there is none. */
  readonly defaultValue: unknown;
}

/** All settings, in the order of the schema. */
export const settings: readonly Setting[] = settingsOf(configSchema, []);

const byName = new Map(settings.map((setting) => [setting.name, setting]));

/** The setting called `name` (`s3.endpoint`), if there is one. */
export function findSetting(name: string): Setting | undefined {
  return byName.get(name);
}

/** Names of the groups: `s3`, `server`, `copy`, `copy.s3`, … */
export const groupNames: readonly string[] = [...new Set(settings.flatMap(({ name }) => groupsOf(name)))];

/** `copy.s3.region` is in `copy` and in `copy.s3`. */
function groupsOf(name: string): string[] {
  const path = name.split('.');
  return path.slice(1).map((_, depth) => path.slice(0, depth + 1).join('.'));
}

function settingsOf(schema: z.ZodObject, path: readonly string[]): Setting[] {
  return Object.entries(schema.shape).flatMap(([key, part]) => {
    const here = [...path, key];
    const facts = settingFacts.get(part as z.ZodType);
    if (facts !== undefined) return [settingOf(here, part as z.ZodType, facts)];
    const group = part instanceof z.ZodPrefault ? part.unwrap() : part;
    if (!(group instanceof z.ZodObject)) throw new Error(`the schema's ${here.join('.')} is neither a setting nor a group`);
    return settingsOf(group, here);
  });
}

function settingOf(path: readonly string[], schema: z.ZodType, facts: SettingFacts): Setting {
  const words = path.flatMap((key) => key.split(/(?=[A-Z])/)).map((word) => word.toLowerCase());
  return {
    ...facts,
    name: path.join('.'),
    variable: `ROOTCELLAR_${words.join('_').toUpperCase()}`,
    flag: `--${words.join('-')}`,
    schema,
    defaultValue: defaultOf(schema),
  };
}

function defaultOf(schema: z.ZodType): unknown {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
}
