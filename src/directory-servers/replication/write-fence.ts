import { comparableDn } from '../../domain/comparable-dn.ts';
import { Failure } from '../../foundation/failure.ts';
import { detectProduct } from '../detect-product.ts';
import type { LdapSession } from '../ldap-session.ts';
import { readBackends } from '../read-backends.ts';
import type { Fence } from '../topology.ts';
import { readWritability } from './read-replica.ts';
import { setBackend } from '../set-backend.ts';

/** The backends that hold these base DNs, with their writability mode now. @throws Failure E_BACKEND_MISSING */
export async function planFence(session: LdapSession, replica: string, baseDns: readonly string[], signal?: AbortSignal): Promise<Fence> {
  const { dialect } = await detectProduct(session, signal);
  const wanted = new Set(baseDns.map(comparableDn));
  const backends = await readBackends(session, dialect, signal);
  const held = backends.filter((backend) => backend.baseDns.some(({ dn }) => wanted.has(comparableDn(dn))));
  if (held.length === 0) {
    throw new Failure('E_BACKEND_MISSING', `Cannot fence ${replica}: it has no backend for ${baseDns.join(', ')}`, {
      hint: 'see that the replica is one of this topology',
    });
  }
  const modes = await readWritability(session, signal);
  return { replica, backends: held.map(({ id }) => ({ id, writability: modes.get(id) ?? 'enabled' })) };
}

/**
 * Sets the writability mode of the fence's backends to `internal-only`. OpenDJ 5.0.3 then answers every client's write with
 * result 53, the directory manager's too, while replicated changes, `initialize` and a restore go on (tried); the mode outlasts a restart and a
 * restore, as it is in the configuration.
 */
export async function fenceBackends(session: LdapSession, { backends }: Fence, signal?: AbortSignal): Promise<void> {
  for (const { id, writability } of backends)
    if (writability !== 'internal-only') await setWritability(session, id, 'internal-only', signal);
}

export async function unfenceBackends(session: LdapSession, { backends }: Fence, signal?: AbortSignal): Promise<void> {
  for (const { id, writability } of backends) await setWritability(session, id, writability, signal);
}

async function setWritability(session: LdapSession, backend: string, mode: string, signal: AbortSignal | undefined): Promise<void> {
  await setBackend(session, backend, 'ds-cfg-writability-mode', mode, signal);
}
