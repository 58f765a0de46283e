import { bytesOf, type Manifest, type ManifestBackend } from '../domain/manifest.ts';

/**
 * What makes a new set look wrong beside the newest good one: a backend fewer, or entries or bytes below `share` (0 to 1) of what
 * they were. One sentence each; empty when all is as it should be, or when there is nothing to compare with.
 */
export function suspicionsOf(set: Manifest, before: Manifest | undefined, share: number): readonly string[] {
  if (before === undefined) return [];
  const suspicions = before.backends.flatMap((was) => suspicionOfBackend(set, was, before.backupId, share));
  const bytes = bytesOf(set);
  const bytesBefore = bytesOf(before);
  if (bytes < bytesBefore * share) suspicions.push(`it has ${bytes} bytes, and ${before.backupId} had ${bytesBefore}`);
  return suspicions;
}

function suspicionOfBackend(set: Manifest, was: ManifestBackend, before: string, share: number): string[] {
  const is = set.backends.find((backend) => backend.id === was.id);
  if (is === undefined) return was.role === 'user' ? [`it has no backend ${was.id}, and ${before} had`] : [];
  const entries = entriesOf(is);
  const entriesBefore = entriesOf(was);
  if (entries === undefined || entriesBefore === undefined || entries >= entriesBefore * share) return [];
  return [`${was.id} has ${entries} entries, and in ${before} it had ${entriesBefore}`];
}

function entriesOf(backend: ManifestBackend): number | undefined {
  const counts = backend.baseDns.map((baseDn) => baseDn.entries);
  return counts.length === 0 || counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}
