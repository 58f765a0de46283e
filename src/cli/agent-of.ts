import { readFile } from 'node:fs/promises';
import { AgentClient } from '../agent/client/agent-client.ts';
import { AgentConnection } from '../agent/client/agent-connection.ts';
import { parseListen } from '../agent/http/listening.ts';
import { tokensIn } from '../agent/http/tokens.ts';
import { readSecretFile } from '../config/secret-file.ts';
import type { Config } from '../config/schema.ts';
import { messageOf, wrongUsage } from '../foundation/failure.ts';
import { Secret } from '../foundation/secret.ts';

type AgentConfig = Config['agent'];

/**
 * The agent at `url`, with the token of `agent.tokenFile` and the certificates of `agent.caFile`.
 *
 * @throws Failure E_USAGE, E_SECRET_FILE (exit code 2)
 */
export async function agentAt(url: string, { tokenFile, caFile }: AgentConfig): Promise<AgentClient> {
  const token = tokenFile === undefined ? undefined : await firstToken(tokenFile, 'agent.tokenFile');
  const ca = caFile === undefined ? undefined : await readPem(caFile, 'agent.caFile');
  return new AgentClient(new AgentConnection({ url, token, ca }));
}

/**
 * The agent beside which this runs, by the very settings from which it serves: its address, its certificate, the first token of its operators.
 *
 * @throws Failure E_USAGE, E_SECRET_FILE (exit code 2)
 */
export async function agentBeside(config: AgentConfig): Promise<AgentClient> {
  const { listen, tls, tokens, tokenFile } = config;
  if (listen === 'none') {
    throw wrongUsage(
      'Cannot ask the agent: agent.listen is none, so it serves no API',
      'set agent.listen, or name another agent with --agent URL',
    );
  }
  const { host, port } = parseListen(listen);
  // What listens everywhere listens here.
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const at = `${here.includes(':') ? `[${here}]` : here}:${port}`;
  const [file, setting] = tokenFile === undefined ? [tokens.operatorFile, 'agent.tokens.operatorFile'] : [tokenFile, 'agent.tokenFile'];
  const token = file === undefined ? undefined : await firstToken(file, setting);
  if (tls.certificateFile === undefined) return new AgentClient(new AgentConnection({ url: `http://${at}`, token }));
  const ca = await readPem(tls.certificateFile, 'agent.tls.certificateFile');
  return new AgentClient(new AgentConnection({ url: `https://${at}`, token, ca, isPinned: true }));
}

/** A file of tokens may have several; the first will do. */
async function firstToken(file: string, setting: string): Promise<Secret> {
  const [token] = tokensIn((await readSecretFile(file, setting)).reveal());
  if (token !== undefined && /^[\x21-\x7e]+$/.test(token)) return new Secret(token);
  throw wrongUsage(
    `Cannot use the file ${file} of the setting ${setting}: it has no token in it`,
    'write the token that the agent was given into it',
  );
}

async function readPem(file: string, setting: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw wrongUsage(`Cannot read the file ${file} of the setting ${setting}: ${messageOf(error)}`, 'name a PEM file of certificates');
  }
}
