import type { Manifest, ManifestBackend } from '../domain/manifest.ts';

export interface SuspicionRule {
  /** From 0 to 1: less than this share of the entries or bytes before is suspicious. */
  readonly share: number;
  /** Whether the run took all that the server has, so that a backend less is one that vanished and not one that was not asked for. */
  readonly isWholeServer: boolean;
}

/**
 * What makes a new set look wrong beside the newest good one: a backend with users' entries fewer, or entries or bytes of a backend that
 * both have below the share. One sentence each; empty when all is as it should be, or when there is nothing to compare with.
 */
export function suspicionsOf(set: Manifest, before: Manifest | undefined, rule: SuspicionRule): readonly string[] {
  return (before?.backends ?? []).flatMap((was) => {
    const is = set.backends.find((backend) => backend.id === was.id);
    if (is !== undefined && before !== undefined) return shrinkingOf({ set, backend: is }, { set: before, backend: was }, rule.share);
    return was.role === 'user' && rule.isWholeServer ? [`it has no backend ${was.id}, and ${before?.backupId} had`] : [];
  });
}

interface BackendOfSet {
  readonly set: Manifest;
  readonly backend: ManifestBackend;
}

function shrinkingOf(is: BackendOfSet, was: BackendOfSet, share: number): string[] {
  const [entries, entriesBefore] = [entriesOf(is.backend), entriesOf(was.backend)];
  const [bytes, bytesBefore] = [bytesOfBackend(is), bytesOfBackend(was)];
  const before = was.set.backupId;
  return [
    ...(isFarLess(entries, entriesBefore, share)
      ? [`${is.backend.id} has ${entries} entries, and in ${before} it had ${entriesBefore}`]
      : []),
    ...(isFarLess(bytes, bytesBefore, share) ? [`${is.backend.id} has ${bytes} bytes, and in ${before} it had ${bytesBefore}`] : []),
  ];
}

function isFarLess(now: number | undefined, before: number | undefined, share: number): boolean {
  return now !== undefined && before !== undefined && now < before * share;
}

function bytesOfBackend({ set, backend }: BackendOfSet): number {
  return set.files.filter((file) => file.path.startsWith(`${backend.folder}/`)).reduce((sum, file) => sum + file.bytes, 0);
}

function entriesOf(backend: ManifestBackend): number | undefined {
  const counts = backend.baseDns.map((baseDn) => baseDn.entries);
  return counts.length === 0 || counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
