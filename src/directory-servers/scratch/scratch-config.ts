import { comparableDn } from '../../domain/comparable-dn.ts';
import type { ServerPorts } from '../scratch-server.ts';
import { readLdifBlocks, valuesOf, withValues, writeLdifBlocks, type LdifBlock } from './ldif-blocks.ts';

export interface WantedBackend {
  readonly id: string;
  readonly baseDns: readonly string[];
}

/** All that is changed in the configuration of an OpenDJ that was set up and not yet started. */
export interface ConfigChange {
  readonly address: string;
  readonly ports: ServerPorts;
  readonly backends: readonly WantedBackend[];
  /** The configuration of the server that was backed up, where the set has it. */
  readonly source: string | undefined;
  /** A server that is gone in minutes shares its small memory between its backends; one that stays has them as they were. */
  readonly isTemporary: boolean;
}

const backendsDn = 'cn=backends,cn=config';

/**
 * The text of OpenDJ's `config.ldif` with other ports, one address for all that listens, and the wanted backends in place of the one that its set-up
 * makes: as they were on the server that was backed up, indexes and all, or else as the set-up made it, with its usual indexes.
 */
export function changeConfig(config: string, change: ConfigChange): string {
  const blocks = readLdifBlocks(config).map((block) => withPort(withAddress(block, change.address), change.ports));
  const source = change.source === undefined ? [] : readLdifBlocks(change.source);
  const [model = []] = userBackends(blocks).map((id) => branchOf(blocks, id));
  const backends = change.backends.flatMap((wanted) => {
    const found = branchOf(source, wanted.id);
    return (found.length > 0 ? found : copyOf(model, wanted)).map((block) => asNew(block, change));
  });
  const replaced = new Set([...userBackends(blocks), ...change.backends.map(({ id }) => id)].flatMap((id) => branchOf(blocks, id)));
  return writeLdifBlocks([...blocks.filter((block) => !replaced.has(block)), ...backends]);
}

/** Has all that listens in the configuration listen on the address. */
export function listenOnAddress(config: string, address: string): string {
  return writeLdifBlocks(readLdifBlocks(config).map((block) => withAddress(block, address)));
}

function withAddress(block: LdifBlock, address: string): LdifBlock {
  return valuesOf(block, 'ds-cfg-listen-address').length === 0 ? block : withValues(block, 'ds-cfg-listen-address', [address]);
}

const portOf: Readonly<Record<string, keyof ServerPorts>> = {
  'cn=ldap connection handler,cn=connection handlers,cn=config': 'ldap',
  'cn=ldaps connection handler,cn=connection handlers,cn=config': 'ldaps',
  'cn=administration connector,cn=config': 'administration',
};

function withPort(block: LdifBlock, ports: ServerPorts): LdifBlock {
  const port = portOf[comparableDn(block.dn)];
  return port === undefined ? block : withValues(block, 'ds-cfg-listen-port', [String(ports[port])]);
}

/** The backends that the set-up made for users' entries. */
function userBackends(blocks: readonly LdifBlock[]): readonly string[] {
  return blocks
    .filter((block) => valuesOf(block, 'objectClass').some((name) => /^ds-cfg-(je|pdb|pluggable)-backend$/i.test(name)))
    .flatMap((block) => valuesOf(block, 'ds-cfg-backend-id'));
}

/** The entry of a backend, and all below it. */
function branchOf(blocks: readonly LdifBlock[], id: string): readonly LdifBlock[] {
  const top = comparableDn(`ds-cfg-backend-id=${id},${backendsDn}`);
  return blocks.filter(({ dn }) => comparableDn(dn) === top || comparableDn(dn).endsWith(`,${top}`));
}

function copyOf(model: readonly LdifBlock[], { id, baseDns }: WantedBackend): readonly LdifBlock[] {
  return model.map((block, index) => {
    const dn = block.dn.replace(/ds-cfg-backend-id=[^,]+/i, `ds-cfg-backend-id=${id}`);
    const moved = { dn, lines: [`dn: ${dn}`, ...block.lines.slice(1)] };
    if (index > 0) return moved;
    return withValues(withValues(moved, 'ds-cfg-backend-id', [id]), 'ds-cfg-base-dn', baseDns);
  });
}

/** In service, and with its files where this server's are: a backend of the other server may have lain on a volume of its own. */
function asNew(block: LdifBlock, { isTemporary, backends }: ConfigChange): LdifBlock {
  if (valuesOf(block, 'ds-cfg-backend-id').length === 0) return block;
  let changed = withValues(block, 'ds-cfg-enabled', ['true']);
  changed = withValues(changed, 'ds-cfg-db-directory', ['db']);
  changed = withValues(changed, 'ds-cfg-writability-mode', ['enabled']);
  if (!isTemporary) return changed;
  changed = withValues(changed, 'ds-cfg-db-cache-size', []);
  return withValues(changed, 'ds-cfg-db-cache-percent', [String(Math.max(1, Math.floor(50 / backends.length)))]);
}
