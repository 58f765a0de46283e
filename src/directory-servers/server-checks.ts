import { serverNameFrom } from '../domain/server-name.ts';
import { Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import type { DirectoryServer, Purpose, ServerDescription } from './directory-server.ts';

/** The name that the archive keeps a server under: the operator's, else the server's own, else its host's. */
export function archiveNameOf(server: DirectoryServer, description: ServerDescription, wished: string | undefined): string {
  return wished ?? serverNameFrom(description.instanceName ?? /^\w+:\/\/([^:/]+)/.exec(server.location)?.[1] ?? server.location);
}

const attempts: Readonly<Record<Purpose, string>> = {
  backup: 'back up',
  restore: 'restore into',
  import: 'restore into',
  export: 'export the entries of',
  entries: 'change entries of',
};

/** @throws Failure E_PRIVILEGE_MISSING that names all that the account lacks for the work */
export async function assertPrivileges(server: DirectoryServer, purpose: Purpose, options: OperationContext): Promise<void> {
  const missing = await server.missingPrivileges(purpose, options);
  if (missing.length === 0) return;
  const names = missing.map(({ privilege, neededFor }) => `${privilege} (${neededFor})`).join(', ');
  throw new Failure('E_PRIVILEGE_MISSING', `Cannot ${attempts[purpose]} ${server.location}: the account lacks ${names}`, {
    hint:
      purpose === 'export'
        ? 'give it to the account (docs/guide/least-privilege-account.md shows how), or set backup.export to false and do without the proof of every entry'
        : 'give them to the account: docs/guide/least-privilege-account.md shows how',
  });
}
