import { type DirectoryServer, type ServerDescription } from '../directory-servers/directory-server.ts';
import { Failure, isFailure } from '../foundation/failure.ts';

const patienceMilliseconds = 10_000;

/**
 * Adds to the failure of a restore task in which state the backend is now, as the server tells it, and what to do. The code and the exit
 * code stay those of the failure; anything but a failure is a bug and is given back as it is. Never rejects.
 */
export async function withStateOf(server: DirectoryServer, backend: string, error: unknown): Promise<unknown> {
  if (!isFailure(error)) return error;
  // Not under the operation's own signal: what was interrupted has a state as well.
  const description = await server.describe({ signal: AbortSignal.timeout(patienceMilliseconds) }).catch(() => undefined);
  const { state, hint } = stateOf(backend, description);
  return new Failure(error.code, `${error.message}; ${state}`, {
    cause: error,
    exitCode: error.exitCode,
    facts: error.facts,
    retry: error.retry,
    hint,
  });
}

function stateOf(id: string, description: ServerDescription | undefined): { readonly state: string; readonly hint: string } {
  if (description === undefined) {
    return {
      state: `whether backend "${id}" is in service is not known, as the server cannot be asked`,
      hint: 'see that the server runs, then run the restore again: it begins anew, and the archive is untouched',
    };
  }
  const backend = description.backends.find((one) => one.id === id);
  const counts = (backend?.baseDns ?? []).map(({ entries }) => entries).filter((entries) => entries !== undefined);
  if (backend?.isEnabled !== true || counts.length === 0) {
    return {
      state: `backend "${id}" is now out of service${backend?.isEnabled === false ? ' (disabled)' : ''}`,
      hint: 'run the restore again: it enables the backend and begins anew, and the archive is untouched',
    };
  }
  const entries = counts.reduce((sum, count) => sum + count, 0);
  return {
    state: `backend "${id}" is in service with ${entries} entries`,
    hint: "see the server's logs/errors, then run the restore again: it begins anew, and the archive is untouched",
  };
}
