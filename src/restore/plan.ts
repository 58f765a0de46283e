import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import type { Backend, ServerDescription } from '../directory-servers/directory-server.ts';
import { formatDuration } from '../foundation/durations.ts';
import { exitCodes, Failure } from '../foundation/failure.ts';
import { checkKeys, type KeyVerdict } from './check-keys.ts';
import { refuseMisfits, refuseOtherProduct, versionWarnings } from './check-versions.ts';
import type { EntryChanges } from './compare-with-now.ts';
import type { TargetFindings } from './examine-target.ts';
import { backendsWithExport, bytesOfExports, exportWarnings, withExports } from './exports-of-set.ts';
import type { Outlook } from './outlook.ts';
import type { TopologyPlan } from './plan-topology.ts';
import type { RestoreSource, RestoreStep } from './steps.ts';

/** What a restore will do, decided before anything is touched; shown to the operator, who says yes to just this. */
export interface RestorePlan {
  readonly snapshot: Snapshot;
  readonly target: { readonly location: string; readonly product: string; readonly version: string };
  readonly source: RestoreSource;
  /** RFC 3339: what was written to the server since then is lost. */
  readonly lostSince: string;
  /** What becomes of the entries that are there now; undefined where nobody asked. */
  readonly changes?: readonly EntryChanges[] | undefined;
  /** Undefined where the server is no replica. */
  readonly topology: TopologyPlan | undefined;
  readonly steps: readonly RestoreStep[];
  /** What an earlier run of this restore has done already, by the steps' keys; it goes on from there. */
  readonly done: readonly string[];
  readonly bytesToFetch: number;
  /** Undefined where nobody looked. */
  readonly outlook: Outlook | undefined;
  /** What the operator should know and may accept. */
  readonly warnings: readonly string[];
}

export interface PlanRequest {
  readonly snapshot: Snapshot;
  readonly manifest: Manifest;
  readonly target: ServerDescription;
  readonly location: string;
  /** The name that the archive keeps the target under. */
  readonly serverName?: string | undefined;
  /** Empty: every backend of the set that holds users' entries. */
  readonly backends: readonly string[];
  /** `backup` unless told. */
  readonly source?: RestoreSource | undefined;
  /** What happens to the replicas, decided from the backends that are restored; undefined where there are none. */
  readonly topologyFor?: ((backends: readonly ManifestBackend[]) => TopologyPlan | undefined) | undefined;
  readonly done?: readonly string[] | undefined;
  readonly outlook?: Outlook | undefined;
  readonly now: Date;
  /** What the target said of keys and compatibility; undefined where it was not asked. */
  readonly findings?: TargetFindings | undefined;
}

/**
 * Decides what to do in which order: all that can fail without a change first, then replication suspended, the encryption settings, one backend
 * after the other, and the other replicas only after the proof.
 *
 * @throws Failure E_SNAPSHOT_DAMAGED (exit code 20), E_SERVER_MISMATCH, E_BACKEND_MISSING, E_EXPORT_MISSING, E_KEYS_MISSING, E_PIN_WRONG, E_TOOL_MISSING: the state in which a restore would do harm
 */
export function planRestore(request: PlanRequest): RestorePlan {
  const { snapshot, manifest, target, location, findings, source = 'backup' } = request;
  refuseDamaged(request);
  refuseOtherProduct(manifest, target);
  const backends = chosenBackends(request);
  const isExport = source === 'export';
  if (!isExport) refuseMisfits(manifest, backends, target, findings?.problems);
  const keys = isExport ? noKeys : checkKeys(manifest, backends, findings);
  const topology = request.topologyFor?.(backends);
  return {
    snapshot,
    target: { location, product: target.product, version: target.version },
    source,
    lostSince: isExport ? earliest(backends) : snapshot.time,
    topology,
    steps: stepsFor({ request, encryptionSettings: keys.importFrom, backends, topology }),
    done: request.done ?? [],
    bytesToFetch: isExport ? bytesOfExports(manifest, backends) : snapshot.bytes,
    outlook: request.outlook,
    warnings: [
      ...stateWarnings(snapshot),
      ...purgeWarnings(request),
      ...cloneWarnings(request),
      ...(isExport ? exportWarnings(manifest, target) : versionWarnings(manifest, backends, target, findings?.problems)),
      ...keys.warnings,
    ],
  };
}

/** The entries of an export are in clear. */
const noKeys: KeyVerdict = { importFrom: undefined, warnings: [] };

/** Each export is of one moment between these two; nothing is told as kept that may be lost. */
function earliest(backends: readonly ManifestBackend[]): string {
  const [first = ''] = backends.flatMap((backend) => backend.export?.began ?? []).toSorted();
  return first;
}

interface StepsRequest {
  readonly request: PlanRequest;
  readonly encryptionSettings: string | undefined;
  readonly backends: readonly ManifestBackend[];
  readonly topology: TopologyPlan | undefined;
}

function stepsFor({ request: { target, source }, encryptionSettings, backends, topology }: StepsRequest): readonly RestoreStep[] {
  const enabled: RestoreStep[] = backends
    .filter(({ id }) => isDisabled(id, target))
    .map(({ id }) => ({ kind: 'enable-backend', backend: id }));
  const check: RestoreStep = { kind: source === 'export' ? 'check-exports' : 'check-backups' };
  const replicas = topology === undefined ? [] : [topology.target, ...topology.others.map(({ name }) => name)];
  const fenced = topology?.isFenced === true ? replicas : [];
  const suspended: RestoreStep[] = [
    ...fenced.map((replica) => ({ kind: 'fence' as const, replica })),
    ...(topology === undefined ? [] : [{ kind: 'suspend' as const }]),
  ];
  const others = topology?.others.map(({ name }) => name) ?? [];
  return [
    { kind: 'fetch' },
    // A backend that goes into service again with whatever is left in it must not replicate that.
    ...(enabled.length > 0 ? [...suspended, ...enabled, check] : [check, ...suspended]),
    ...(encryptionSettings === undefined ? [] : [{ kind: 'import-encryption-settings' as const, file: encryptionSettings }]),
    ...backends.map((backend) => restoreStep(backend, target, source)),
    { kind: 'prove' },
    ...(topology?.isAllAtOnce === true
      ? [{ kind: 'initialize-all' as const }]
      : others.map((replica) => ({ kind: 'initialize' as const, replica }))),
    ...(topology === undefined ? [] : [{ kind: 'resume' as const }]),
    ...others.map((replica) => ({ kind: 'prove-replica' as const, replica })),
    ...fenced.map((replica) => ({ kind: 'unfence' as const, replica })),
  ];
}

/** What is left of a set is never restored as if it were the set: whoever wants a whole backend of it says which. */
function refuseDamaged({ snapshot, manifest, backends, source }: PlanRequest): void {
  if (snapshot.state !== 'damaged' || backends.length > 0) return;
  const left = source === 'export' ? withExports(manifest) : manifest.backends;
  const whole = manifest.lost === undefined ? [] : left.map(({ id }) => id);
  throw new Failure('E_SNAPSHOT_DAMAGED', `Cannot restore ${snapshot.server}/${snapshot.backupId}: ${snapshot.remarks.join('; ')}`, {
    exitCode: exitCodes.verificationFailed,
    hint:
      whole.length === 0
        ? 'use another snapshot; "rootcellar verify" tells which are whole'
        : `use another snapshot, or name the backends that are to be restored from it: --backend ${whole.join(' --backend ')}`,
  });
}

function chosenBackends(request: PlanRequest): readonly ManifestBackend[] {
  const { target } = request;
  const chosen = request.source === 'export' ? backendsWithExport(request) : backendsWithBackup(request);
  for (const backend of chosen) refuseMissing(backend, target);
  return chosen;
}

function backendsWithBackup({ manifest, backends, snapshot }: PlanRequest): readonly ManifestBackend[] {
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

function restoreStep(backend: ManifestBackend, target: ServerDescription, source: RestoreSource | undefined): RestoreStep {
  const now = target.backends.find((one) => one.id === backend.id);
  const step = { kind: 'restore-backend', backend, entriesNow: entriesOf(now?.baseDns ?? []) } as const;
  if (source !== 'export' || backend.export === undefined) return { ...step, entriesInSet: entriesOf(backend.baseDns) };
  return { ...step, from: backend.export, entriesInSet: backend.export.entries };
}

function entriesOf(baseDns: Backend['baseDns'] | ManifestBackend['baseDns']): number | undefined {
  const counts = baseDns.map((baseDn) => baseDn.entries);
  return counts.length === 0 || counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

function stateWarnings({ state, remarks }: Snapshot): string[] {
  return state === 'complete' ? [] : remarks.map((remark) => `the snapshot is ${state}: ${remark}`);
}

/** Older than what the replication servers keep: a replica that was restored alone could never catch up (facts of PingDirectory, 14). */
function purgeWarnings({ snapshot, target: { replication }, now }: PlanRequest): string[] {
  if (replication.state !== 'replicated' || replication.purgeDelay === undefined) return [];
  const age = now.getTime() - Date.parse(snapshot.time);
  if (age <= replication.purgeDelay) return [];
  return [
    `the backup is ${formatDuration(age)} old, and the replication servers keep changes for ${formatDuration(replication.purgeDelay)}: every replica has to be initialised, none can catch up`,
  ];
}

/** A set of one server in another: its users come along, its identity must not. */
function cloneWarnings({ manifest, target, serverName, snapshot, backends }: PlanRequest): string[] {
  if (serverName === undefined || serverName === snapshot.server) return [];
  const own = manifest.backends.filter(({ id, role }) => backends.includes(id) && (role === 'config' || role === 'server'));
  const identity =
    own.length === 0
      ? []
      : [
          `${own.map(({ id }) => id).join(', ')} brings along the identity of ${snapshot.server} (server ID, keys, replication): two servers must never share it`,
        ];
  const replicated =
    target.replication.state === 'none'
      ? [
          `this server is not ${snapshot.server}: before it joins the same topology it must be initialised from it, as its replication identity must differ`,
        ]
      : [];
  return [`the set is of server ${snapshot.server}, and it goes into ${serverName}`, ...identity, ...replicated];
}
