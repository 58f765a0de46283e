import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Backend, ServerDescription } from '../directory-servers/directory-server.ts';
import { exitCodes, Failure } from '../foundation/failure.ts';
import { checkKeys } from './check-keys.ts';
import { refuseMisfits, refuseOtherProduct, versionWarnings } from './check-versions.ts';
import type { TargetFindings } from './examine-target.ts';

/** What a restore will do, decided before anything is touched; shown to the operator, who says yes to just this. */
export interface RestorePlan {
  readonly snapshot: Snapshot;
  readonly target: { readonly location: string; readonly product: string; readonly version: string };
  readonly steps: readonly RestoreStep[];
  readonly bytesToFetch: number;
  /** What the operator should know and may accept. */
  readonly warnings: readonly string[];
}

export type RestoreStep =
  /** A restore that was cut off by the server's end leaves its backend disabled, and the server restores none such. */
  | { readonly kind: 'enable-backend'; readonly backend: string }
  | { readonly kind: 'import-encryption-settings'; readonly file: string }
  | {
      readonly kind: 'restore-backend';
      readonly backend: ManifestBackend;
      readonly entriesNow: number | undefined;
      readonly entriesInSet: number | undefined;
    };

export interface PlanRequest {
  readonly snapshot: Snapshot;
  readonly manifest: Manifest;
  readonly target: ServerDescription;
  readonly location: string;
  /** Empty: every backend of the set that holds users' entries. */
  readonly backends: readonly string[];
  /** What the target said of keys and compatibility; undefined where it was not asked. */
  readonly findings?: TargetFindings | undefined;
}

/**
 * Decides what to do in which order: disabled backends enabled, the encryption settings, then one backend after the other.
 *
 * @throws Failure E_SNAPSHOT_DAMAGED (exit code 20), E_REPLICATED, E_REPLICATION_UNKNOWN, E_SERVER_MISMATCH, E_BACKEND_MISSING, E_KEYS_MISSING, E_PIN_WRONG, E_TOOL_MISSING: the state in which a restore would do harm
 */
export function planRestore(request: PlanRequest): RestorePlan {
  const { snapshot, manifest, target, location, findings } = request;
  refuseDamaged(request);
  refuseReplicated(target, location);
  refuseOtherProduct(manifest, target);
  const backends = chosenBackends(request);
  refuseMisfits(manifest, backends, target, findings?.problems);
  const keys = checkKeys(manifest, backends, findings);
  return {
    snapshot,
    target: { location, product: target.product, version: target.version },
    steps: [
      ...backends.filter(({ id }) => isDisabled(id, target)).map(({ id }) => ({ kind: 'enable-backend' as const, backend: id })),
      ...(keys.importFrom === undefined ? [] : [{ kind: 'import-encryption-settings' as const, file: keys.importFrom }]),
      ...backends.map((backend) => restoreStep(backend, target)),
    ],
    bytesToFetch: snapshot.bytes,
    warnings: [...stateWarnings(snapshot), ...versionWarnings(manifest, backends, target, findings?.problems), ...keys.warnings],
  };
}

/** What is left of a set is never restored as if it were the set: whoever wants a whole backend of it says which. */
function refuseDamaged({ snapshot, manifest, backends }: PlanRequest): void {
  if (snapshot.state !== 'damaged' || backends.length > 0) return;
  const whole = manifest.lost === undefined ? [] : manifest.backends.map(({ id }) => id);
  throw new Failure('E_SNAPSHOT_DAMAGED', `Cannot restore ${snapshot.server}/${snapshot.backupId}: ${snapshot.remarks.join('; ')}`, {
    exitCode: exitCodes.verificationFailed,
    hint:
      whole.length === 0
        ? 'use another snapshot; "rootcellar verify" tells which are whole'
        : `use another snapshot, or name the backends that are to be restored from it: --backend ${whole.join(' --backend ')}`,
  });
}

function refuseReplicated({ replication }: ServerDescription, location: string): void {
  if (replication.state === 'none') return;
  if (replication.state === 'replicated') {
    throw new Failure(
      'E_REPLICATED',
      `Cannot restore into ${location}: it replicates ${replication.baseDns.join(', ')} with other servers, and a restore of one replica alone would be overwritten by them or spread to them`,
      {
        hint: 'if one replica is broken and the others are well, run "dsreplication initialize" from a healthy one; restoring a whole topology is not supported yet',
      },
    );
  }
  throw new Failure(
    'E_REPLICATION_UNKNOWN',
    `Cannot restore into ${location}: whether it is replicated could not be read: ${replication.reason}`,
    {
      hint: 'give the account the privilege config-read, see that cn=monitor answers, then run the restore again',
    },
  );
}

function chosenBackends({ manifest, target, backends, snapshot }: PlanRequest): readonly ManifestBackend[] {
  const chosen =
    backends.length > 0
      ? [...new Set(backends)].map((id) => backendOf(manifest, snapshot, id))
      : manifest.backends.filter((backend) => backend.role === 'user');
  if (chosen.length === 0) {
    throw new Failure(
      'E_BACKEND_MISSING',
      `Cannot restore ${snapshot.server}/${snapshot.backupId}: it has no backend with users' entries`,
      {
        hint: `name one of ${manifest.backends.map((backend) => backend.id).join(', ') || '(it has none at all)'} with --backend`,
      },
    );
  }
  for (const backend of chosen) refuseMissing(backend, target);
  return chosen;
}

function backendOf(manifest: Manifest, { server, backupId }: Snapshot, id: string): ManifestBackend {
  const found = manifest.backends.find((backend) => backend.id === id);
  if (found !== undefined) return found;
  throw new Failure('E_BACKEND_MISSING', `Cannot restore backend "${id}": snapshot ${server}/${backupId} has none of this name`, {
    hint: `it has ${manifest.backends.map((backend) => backend.id).join(', ')}`,
  });
}

function refuseMissing({ id }: ManifestBackend, target: ServerDescription): void {
  if (target.backends.some((backend) => backend.id === id)) return;
  throw new Failure('E_BACKEND_MISSING', `Cannot restore backend "${id}": the server has none of this name`, {
    hint: 'make the backend on the server first, as it was on the one that was backed up (dsconfig create-backend)',
  });
}

function isDisabled(id: string, target: ServerDescription): boolean {
  return target.backends.some((backend) => backend.id === id && !backend.isEnabled);
}

function restoreStep(backend: ManifestBackend, target: ServerDescription): RestoreStep {
  const now = target.backends.find((one) => one.id === backend.id);
  return { kind: 'restore-backend', backend, entriesNow: entriesOf(now?.baseDns ?? []), entriesInSet: entriesOf(backend.baseDns) };
}

function entriesOf(baseDns: Backend['baseDns'] | ManifestBackend['baseDns']): number | undefined {
  const counts = baseDns.map((baseDn) => baseDn.entries);
  return counts.length === 0 || counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

function stateWarnings({ state, remarks }: Snapshot): string[] {
  return state === 'complete' ? [] : remarks.map((remark) => `the snapshot is ${state}: ${remark}`);
}
