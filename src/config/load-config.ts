import { access } from 'node:fs/promises';
import { checkTogether } from './check-together.ts';
import { configFileVariable, readEnvironment } from './config-environment.ts';
import { readConfigFile } from './config-file.ts';
import { configSchema, type Config } from './schema.ts';
import { refusedValue, valueOfText, type GivenValue, type SettingSource } from './setting-values.ts';
import { settings, type Setting } from './settings.ts';

/** Looked for, in this order, when neither `--config` nor `ROOTCELLAR_CONFIG` names a file. */
export const defaultConfigFiles: readonly string[] = ['rootcellar.yaml', '/etc/rootcellar/rootcellar.yaml'];

export interface ConfigSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By the setting's name; what a flag of the command line said. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  /** The value of `--config`. */
  readonly configFile?: string | undefined;
}

export interface EffectiveSetting {
  readonly setting: Setting;
  /** As it was written (`6h`, `64MiB`); undefined when it is not set. */
  readonly value: unknown;
  readonly source: SettingSource;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Every setting, in the order of the schema. */
  readonly effective: readonly EffectiveSetting[];
  /** The configuration file that was read. */
  readonly file: string | undefined;
}

/**
 * Puts the configuration together: a flag wins over a variable, a variable over the file, the file over the default.
 *
 * @throws Failure E_USAGE (exit code 2), one sentence that names the setting, where its value came from and what was expected
 */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const chosen = await chooseFile(sources);
  const fromFile = chosen === undefined ? [] : await readConfigFile(chosen.file, chosen.namedBy);
  const given = [...fromFile, ...readEnvironment(sources.environment), ...readFlags(sources.flags)];
  for (const value of given) {
    if (!value.setting.schema.safeParse(value.value).success) throw refusedValue(value);
  }
  // Later sources win, because a Map keeps the last value of a key.
  const winners = new Map(given.map((value) => [value.setting.name, value]));
  const effective = settings.map((setting): EffectiveSetting => {
    const winner = winners.get(setting.name);
    return winner ?? { setting, value: setting.defaultValue, source: { kind: 'default' } };
  });
  const config = configSchema.parse(nest([...winners.values()]));
  checkTogether(config, winners);
  return { config, effective, file: chosen?.file };
}

async function chooseFile({ configFile, environment }: ConfigSources): Promise<{ file: string; namedBy: string } | undefined> {
  if (configFile !== undefined) return { file: configFile, namedBy: '--config' };
  const fromVariable = environment[configFileVariable];
  if (fromVariable !== undefined && fromVariable !== '') return { file: fromVariable, namedBy: configFileVariable };
  for (const file of defaultConfigFiles) {
    const isThere = await access(file).then(
      () => true,
      // A file that is there but may not be read has to be reported, not passed over.
      (error: unknown) => (error as NodeJS.ErrnoException).code === 'EACCES',
    );
    if (isThere) return { file, namedBy: 'default' };
  }
  return undefined;
}

function readFlags(flags: ConfigSources['flags']): GivenValue[] {
  return settings.flatMap((setting) => {
    const value = flags[setting.name];
    if (value === undefined) return [];
    const source = { kind: 'flag', name: value === false ? setting.flag.replace('--', '--no-') : setting.flag } as const;
    return [{ setting, value: typeof value === 'string' ? valueOfText(setting, value) : value, source }];
  });
}

function nest(values: readonly GivenValue[]): unknown {
  const root: Record<string, unknown> = {};
  for (const { setting, value } of values) {
    const path = setting.name.split('.');
    let group = root;
    for (const key of path.slice(0, -1)) group = (group[key] ??= {}) as Record<string, unknown>;
    group[path.at(-1) ?? ''] = value;
  }
  return root;
}
