import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import type { CompatibilityProblems, ServerDescription } from '../directory-servers/directory-server.ts';
import { Failure } from '../foundation/failure.ts';
import { compareVersions } from './compare-versions.ts';

/** What the target has against the backups, by backend ID; a backend that is not in it was not asked about, or the server does not tell. */
export type ProblemsByBackend = ReadonlyMap<string, CompatibilityProblems>;

/**
 * Refuses what does not fit the target: the other product; a schema or a configuration of any other version (the facts of PingDirectory: "the exact same
 * version"); and what the target itself calls an error.
 *
 * @throws Failure E_SERVER_MISMATCH
 */
export function refuseMisfits(
  { source }: Manifest,
  backends: readonly ManifestBackend[],
  target: ServerDescription,
  problems: ProblemsByBackend = new Map(),
): void {
  for (const { id } of backends) {
    const [error] = problems.get(id)?.errors ?? [];
    if (error === undefined) continue;
    throw mismatch(
      `Cannot restore backend "${id}": the server says "${withoutPeriod(error)}"`,
      'restore into a server that is like the one it was backed up from',
    );
  }
  if (source === undefined) return;
  for (const { id, role } of backends) {
    if ((role !== 'schema' && role !== 'config') || source.version === target.version) continue;
    throw mismatch(
      `Cannot restore backend "${id}" of version ${source.version} into version ${target.version}: it must be the very same`,
      'leave this backend out, or restore into a server of the same version',
    );
  }
}

/** @throws Failure E_SERVER_MISMATCH */
export function refuseOtherProduct({ source }: Manifest, target: ServerDescription): void {
  if (source === undefined || source.product === target.product) return;
  throw mismatch(
    `Cannot restore a backup of ${source.product} ${source.version} into ${target.product} ${target.version}: their backups are not compatible`,
    `restore it into a server that runs ${source.product}`,
  );
}

/** Data goes into the same and a newer version; into an older one it may, so it is said first. */
export function versionWarnings(
  { source }: Manifest,
  backends: readonly ManifestBackend[],
  target: ServerDescription,
  problems: ProblemsByBackend = new Map(),
): readonly string[] {
  const said = backends.flatMap(({ id }) =>
    (problems.get(id)?.warnings ?? []).map((text) => `${id}: the server warns "${withoutPeriod(text)}"`),
  );
  if (source === undefined) return ['which server made the backup is not known, so its version could not be compared', ...said];
  const order = compareVersions(source.version, target.version);
  if (order === 0) return said;
  const older = order > 0 ? ', which is older: it may not read data of a newer one' : '';
  return [`the backup is of version ${source.version} and the server is ${target.version}${older}`, ...said];
}

function mismatch(message: string, hint: string): Failure {
  return new Failure('E_SERVER_MISMATCH', message, { hint });
}

function withoutPeriod(text: string): string {
  return text.trim().replace(/\.$/, '');
}
