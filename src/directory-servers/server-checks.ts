import { serverNameFrom } from '../domain/server-name.ts';
import { Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { DirectoryServer, ServerDescription } from './directory-server.ts';

/** The name that the archive keeps a server under: the operator's, else the server's own, else its host's. */
export function archiveNameOf(server: DirectoryServer, description: ServerDescription, wished: string | undefined): string {
  return wished ?? serverNameFrom(description.instanceName ?? /^\w+:\/\/([^:/]+)/.exec(server.location)?.[1] ?? server.location);
}

/** @throws Failure E_PRIVILEGE_MISSING that names all that the account lacks for the work */
export async function assertPrivileges(server: DirectoryServer, purpose: 'backup' | 'restore', options: OperationContext): Promise<void> {
  const missing = await server.missingPrivileges(purpose, options);
  if (missing.length === 0) return;
  const names = missing.map(({ privilege, neededFor }) => `${privilege} (${neededFor})`).join(', ');
  throw new Failure(
    'E_PRIVILEGE_MISSING',
    `Cannot ${purpose === 'backup' ? 'back up' : 'restore into'} ${server.location}: the account lacks ${names}`,
    {
      hint: 'give them to the account: docs/guide/least-privilege-account.md shows how',
    },
  );
}
