import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { programPath } from './parts.ts';
import { startServerProcess } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface Prometheus extends AsyncDisposable {
  readonly url: string;
  /** Asks until there are as many series as wanted; half a minute at most. */
  query(expression: string, series: number): Promise<readonly PrometheusSeries[]>;
}

export interface PrometheusSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusOptions {
  /** The jobs, in its own words. */
  readonly scrapes: readonly Readonly<Record<string, unknown>>[];
  readonly ruleFiles?: readonly string[];
}

/** Starts a Prometheus that scrapes and looks at its rules each second, and takes OTLP. */
export async function startPrometheus({ scrapes, ruleFiles = [] }: PrometheusOptions): Promise<Prometheus> {
  const program = await programPath('prometheus');
  const folder = await temporaryFolder('prometheus');
  const port = await freePort();
  const file = path.join(folder.path, 'prometheus.yml');
  // JSON is YAML too.
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' };
  await writeFile(file, JSON.stringify({ global, scrape_configs: scrapes, rule_files: ruleFiles }));
  const server = await startServerProcess({
    program,
    arguments: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${path.join(folder.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-otlp-receiver',
    ],
    ready: { line: /Server is ready to receive web requests/, ports: [port] },
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    query: async (expression, series) => {
      for (let tries = 0; ; tries += 1) {
        const found = await ask(url, expression);
        if (found.length === series) return found;
        if (tries > 300) throw new Error(`${expression} has ${found.length} series and not ${series}: ${JSON.stringify(found)}`);
        await delay(100);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await folder.remove();
    },
  };
}

interface QueryAnswer {
  readonly error?: string;
  readonly data?: {
    readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }[];
  };
}

async function ask(url: string, expression: string): Promise<readonly PrometheusSeries[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { error, data } = (await response.json()) as QueryAnswer;
  if (data === undefined) throw new Error(`${expression}: ${error}`);
  return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
}

/** What `promtool check metrics` says of a text; empty where it finds nothing. */
export function checkMetrics(metrics: string): Promise<string> {
  return promtool(['check', 'metrics'], metrics);
}

/** What `promtool check rules` says of a file's text where something is wrong with it. */
export async function checkRules(rules: string): Promise<string> {
  const said = await promtool(['check', 'rules'], rules);
  return /^ +SUCCESS: \d+ rules found$/m.test(said) ? '' : said;
}

async function promtool(words: readonly string[], input: string): Promise<string> {
  const child = spawn(await programPath('promtool'), words, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(input);
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return `${out}${error}${child.exitCode === 0 ? '' : `exit code ${child.exitCode}`}`;
}
