import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { roles, type Role } from '../../src/agent/http/command-gate.ts';
import { ensureWeb } from '../../tools/ensure-web.ts';
import { newToken } from './agent-api.ts';
import { freePort } from './free-port.ts';
import { spawnRootcellar, type RunningRootcellar } from './rootcellar.ts';

type Settings = Readonly<Record<string, string>>;

/** A real agent's process that serves the console, with a token file for each role. */
export interface ConsoleAgent extends AsyncDisposable {
  /** Where the console is: `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly tokens: Readonly<Record<Role, string>>;
  /** What the agent logged so far, a line of JSON each. */
  log(): string;
  /** Asks the API with the token of the role, restorer unless told; returns the document of an answer that is 2xx, and throws for another one. */
  ask<Answer>(route: string, options?: { readonly role?: Role; readonly method?: string; readonly body?: unknown }): Promise<Answer>;
  /**
   * Signs the page's visitor in with the token of the role, and shows the page of the console at this path, `/` unless told. The page is ready when
   * its heading of level 1 is there.
   */
  openSignedIn(page: Page, role: Role, at?: string): Promise<void>;
  /** SIGTERM, and waits for its end: nobody listens at the URL then. */
  stopAgent(): Promise<void>;
  /** SIGKILL, as a node that loses power. */
  killAgent(): Promise<void>;
  /** Starts it again at the same port, with these settings beside or in place of its own. */
  startAgent(change?: Settings): Promise<void>;
}

/** Starts an agent with these settings. Its schedules are set, but none is due for hours; disposing it kills it. */
export async function startConsoleAgent(folder: string, settings: Settings): Promise<ConsoleAgent> {
  await ensureWeb();
  const tokens = { viewer: newToken(), operator: newToken(), restorer: newToken() };
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const agent = new AgentProcess({ ...(await ownSettings(folder, port, tokens)), ...settings });
  await agent.start();
  return {
    url,
    tokens,
    log: () => agent.log(),
    ask: (route, { role = 'restorer', ...request } = {}) => ask(`${url}${route}`, tokens[role], request),
    openSignedIn: (page, role, at = '/') => openSignedIn(page, url, tokens[role], at),
    stopAgent: () => agent.stop(),
    killAgent: () => agent.kill(),
    startAgent: (change) => agent.start(change),
    [Symbol.asyncDispose]: () => agent.kill(),
  };
}

async function ownSettings(folder: string, port: number, tokens: ConsoleAgent['tokens']): Promise<Settings> {
  const files: Record<string, string> = {};
  for (const role of roles) {
    const file = path.join(folder, `${role}-token`);
    await writeFile(file, `${tokens[role]}\n`, { mode: 0o600 });
    files[`ROOTCELLAR_AGENT_TOKENS_${role.toUpperCase()}_FILE`] = file;
  }
  // Three hours from now at the earliest.
  const hours = [3, 4, 5].map((later) => (new Date().getUTCHours() + 1 + later) % 24);
  return {
    ...files,
    ROOTCELLAR_AGENT_NAME: 'ds-0',
    ROOTCELLAR_AGENT_LISTEN: `127.0.0.1:${port}`,
    ROOTCELLAR_AGENT_SCHEDULE_BACKUP: `0 ${hours[0]} * * *`,
    ROOTCELLAR_AGENT_SCHEDULE_VERIFY: `30 ${hours[1]} * * *`,
    ROOTCELLAR_AGENT_SCHEDULE_PRUNE: `30 ${hours[2]} * * *`,
    ROOTCELLAR_AGENT_CATCH_UP: 'false',
    ROOTCELLAR_AGENT_BIDDING: '1s',
    ROOTCELLAR_AGENT_STOP_GRACE: '1s',
    ROOTCELLAR_AGENT_JITTER: '1s',
    ROOTCELLAR_LOG_LEVEL: 'info',
  };
}

/** The agent's process, one after the other. */
class AgentProcess {
  readonly #environment: Readonly<Record<string, string>>;
  #running: RunningRootcellar | undefined;
  #log = '';

  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  async start(change: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#running = spawnRootcellar(['agent'], { env: { ...this.#environment, ...change } });
    await this.#running.prints(/the agent listens/);
  }

  log(): string {
    return this.#log + (this.#running?.stderr() ?? '');
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#running === undefined) return;
    this.#running.kill(signal);
    await this.#running.ended;
    this.#log = this.log();
    this.#running = undefined;
  }
}

async function ask<Answer>(url: string, token: string, request: { readonly method?: string; readonly body?: unknown }): Promise<Answer> {
  const { body } = request;
  const response = await fetch(url, {
    method: request.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text}`);
  return JSON.parse(text) as Answer;
}

async function openSignedIn(page: Page, url: string, token: string, at: string): Promise<void> {
  // From a page of the same origin, as the console does it itself; the picture is the lightest.
  await page.goto(`${url}/icon.svg`);
  const signIn = `fetch('/api/v1/session', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: ${JSON.stringify(token)} }),
  }).then(async (response) => response.ok ? undefined : response.status + ' ' + await response.text())`;
  const trouble = await page.evaluate(signIn);
  assert.equal(trouble, undefined, 'the visitor is signed in');
  await page.goto(url + at);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
}
