import type { Backend, ServerDescription } from '../directory-servers/directory-server.ts';
import { Failure } from '../foundation/failure.ts';

/**
 * The backends of a set, the small ones of the server first, so that a fault of the set-up shows before the long work.
 *
 * Without a wish: every backend with users' entries, and what a rebuild needs beside them (schema, config, encryption settings) where
 * the server can back it up. With one: just those, and each must be there: a missing backend is a failure, not a footnote.
 *
 * @throws Failure E_BACKEND_MISSING, E_BACKEND_DISABLED
 */
export function chooseBackends(server: ServerDescription, wished: readonly string[]): readonly Backend[] {
  const chosen = wished.length > 0 ? [...new Set(wished)].map((id) => named(server, id)) : whatARebuildNeeds(server);
  const disabled = chosen.find((backend) => !backend.isEnabled);
  if (disabled !== undefined) {
    throw new Failure('E_BACKEND_DISABLED', `Cannot back up backend "${disabled.id}": the server has it, but it is disabled`, {
      hint: 'enable it on the server (dsconfig set-backend-prop --set enabled:true), or name the others with --backup-backends',
    });
  }
  return chosen.toSorted((a, b) => Number(a.role === 'user') - Number(b.role === 'user'));
}

function whatARebuildNeeds(server: ServerDescription): readonly Backend[] {
  if (!server.backends.some((backend) => backend.role === 'user')) {
    throw new Failure('E_BACKEND_MISSING', "Cannot choose what to back up: the server shows no backend with users' entries", {
      hint: 'give the account the privilege config-read, or name the backends with --backup-backends',
    });
  }
  return server.backends.filter((backend) => backend.role === 'user' || (backend.role !== 'server' && backend.canBeBackedUp));
}

function named(server: ServerDescription, id: string): Backend {
  const found = server.backends.find((backend) => backend.id === id);
  if (found === undefined) {
    const known = server.backends.filter((backend) => backend.canBeBackedUp).map((backend) => backend.id);
    throw new Failure('E_BACKEND_MISSING', `Cannot back up backend "${id}": the server has none of this name`, {
      hint: `name some of ${known.join(', ')}, or leave backup.backends out to take all that a rebuild needs`,
    });
  }
  if (!found.canBeBackedUp) {
    throw new Failure('E_BACKEND_MISSING', `Cannot back up backend "${id}": the server cannot make a backup of this one`, {
      hint: 'leave it out of backup.backends',
    });
  }
  return found;
}
