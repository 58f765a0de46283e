import type { ToldProgress } from '../../../src/foundation/told-progress.ts';
import { getDocument, sendDocument, type RequestOptions } from './client.ts';
import type { Role } from './session-state.ts';

/** A command that the agent runs whether or not somebody looks; kept for a day after its end. */
export interface KeptCommand extends ToldProgress {
  readonly id: string;
  readonly name: string;
  readonly words: readonly string[];
  readonly role: Role;
  readonly by: string;
  readonly state: 'running' | 'ended';
  readonly beganAt: string;
  readonly endedAt?: string;
  readonly exitCode?: number | null;
  readonly failure?: { readonly code: string; readonly message: string; readonly hint?: string; readonly exitCode: number };
  /** The document that it printed. */
  readonly result?: unknown;
}

/** Has the agent run a command to its end, whatever becomes of this page. @throws ApiFailure */
export function keepCommand(words: readonly string[]): Promise<KeptCommand> {
  return sendDocument<KeptCommand>('POST', '/commands', { words, isKept: true });
}

/** Those that run, and those that ended within a day, the newest first. @throws ApiFailure */
export async function keptCommands(options: RequestOptions = {}): Promise<readonly KeptCommand[]> {
  const { commands } = await getDocument<{ readonly commands: readonly KeptCommand[] }>('/commands', options);
  return commands;
}

/** @throws ApiFailure */
export function cancelCommand(id: string): Promise<unknown> {
  return sendDocument('POST', `/commands/${encodeURIComponent(id)}/cancel`);
}
