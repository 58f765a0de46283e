import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readSecret } from '../../src/compose-settings.ts';
import { startReporting, type Reporting } from '../../src/agent/reporting/reporting.ts';
import type { ReportingParts } from '../../src/agent/reporting/reporting-parts.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Clock } from '../../src/foundation/clock.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { Scrubber } from '../../src/telemetry/scrubber.ts';
import { realClock } from './real-clock.ts';
import { ScriptedAgent } from './scripted-agent.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface ReportingScene extends AsyncDisposable {
  readonly agent: ScriptedAgent;
  readonly reporting: Reporting;
  /** What was logged, all levels, without the scrubber's help: `***` is only where nothing else kept a secret out. */
  readonly log: () => string;
  /** What the archive is found to hold; an error where it cannot be read, `hang` where no answer comes. */
  archive: readonly Snapshot[] | Error | 'hang';
  /** Settings with files of their own for these secrets. */
  readonly settings: (given: GivenSettings) => Promise<ReportingParts['settings']>;
}

export interface GivenSettings {
  readonly metrics?: Readonly<Record<string, unknown>>;
  readonly notify?: Readonly<Record<string, unknown>>;
  /** Content of files, by their names, which the settings say as `file:NAME`. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface SceneOptions extends GivenSettings {
  readonly agent?: ScriptedAgent;
  readonly archive?: ReportingScene['archive'];
  readonly isOnce?: boolean;
  readonly stopMilliseconds?: number;
  readonly clock?: Clock;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The reporting of a {@link ScriptedAgent}, with settings as a file gives them; `await using` stops it. */
export async function startReportingScene(options: SceneOptions): Promise<ReportingScene> {
  const { agent = new ScriptedAgent(), isOnce, stopMilliseconds, clock = realClock, environment = {} } = options;
  const folder = await temporaryFolder('reporting');
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', format: 'json', clock, scrubber: new Scrubber(), write: (line) => lines.push(line) });
  const settings = async ({ metrics = {}, notify = {}, files = {} }: GivenSettings) => {
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder.path, name), content);
    const text = JSON.stringify({ metrics, notify }).replaceAll('"file:', `"${folder.path}/`);
    return configSchema.parse(JSON.parse(text));
  };
  const scrubber = new Scrubber();
  const parts: ReportingParts = {
    settings: await settings(options),
    version: '0.1.0',
    location: 's3://backups/directory',
    isOnce,
    stopMilliseconds,
    clock,
    // Short pauses, and never none.
    random: () => 0.02,
    log,
    environment,
    secret: (file, setting) => readSecret(file, setting, { scrubber }),
    keepSecret: (secret) => scrubber.add(secret),
    snapshots: async () => {
      const { archive } = scene;
      if (archive === 'hang') return new Promise(() => undefined);
      if (archive instanceof Error) throw archive;
      return archive;
    },
  };
  const scene: { archive: ReportingScene['archive'] } = { archive: options.archive ?? [] };
  const reporting = await startReporting(agent, parts).catch(async (error: unknown) => {
    await folder.remove();
    throw error;
  });
  return Object.assign(scene, {
    agent,
    reporting,
    settings,
    log: () => lines.join(''),
    [Symbol.asyncDispose]: async () => {
      await reporting.stop();
      await folder.remove();
    },
  });
}
