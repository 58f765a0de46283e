import {
  type DeleteMarkerEntry,
  DeleteObjectsCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type ObjectVersion as S3Version,
} from '@aws-sdk/client-s3';

import { mapConcurrently } from '../foundation/concurrency.ts';
import type { ObjectVersion, RefusedVersion } from './object-lock.ts';
import type { CallOptions } from './object-store.ts';
import type { S3Calls } from './s3-calls.ts';
import { contentMd5Place, withContentMd5 } from './s3-content-md5.ts';
import type { ChecksumKind } from './s3-integrity.ts';

/** S3's own limit. */
const batchVersions = 1000;
const requestsAtOnce = 8;

/** See `ObjectLock.listVersions`. */
export async function* listVersions(calls: S3Calls, prefix: string, options: CallOptions): AsyncGenerator<ObjectVersion> {
  const call = { doing: `list the versions in`, permission: 's3:ListBucketVersions', signal: options.signal };
  let marker: { readonly KeyMarker?: string | undefined; readonly VersionIdMarker?: string | undefined } | undefined = {};
  // A page gives objects and markers apart; a key may go on in the next page.
  let waiting: ObjectVersion[] = [];
  while (marker !== undefined) {
    const input = { Bucket: calls.bucket, Prefix: calls.prefix + prefix, ...marker };
    const answer: ListObjectVersionsCommandOutput = await calls.run(call, (client, sendOptions) =>
      client.send(new ListObjectVersionsCommand(input), sendOptions),
    );
    const page = [
      ...(answer.Versions ?? []).flatMap((version) => versionFrom(version, 'object', calls)),
      ...(answer.DeleteMarkers ?? []).flatMap((version) => versionFrom(version, 'marker', calls)),
    ];
    waiting.push(...page);
    const hasMore = answer.IsTruncated === true && Boolean(answer.NextKeyMarker);
    marker = hasMore ? { KeyMarker: answer.NextKeyMarker, VersionIdMarker: answer.NextVersionIdMarker || undefined } : undefined;
    const open = marker?.KeyMarker;
    const byKey = Map.groupBy(waiting, ({ key }) => key);
    waiting = [];
    for (const [key, versions] of [...byKey].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      if (calls.prefix + key === open) waiting = versions;
      else yield* versions.toSorted(newestFirst);
    }
  }
}

/** See `ObjectLock.deleteVersions`. Why one was refused is asked of the store: their answers for a lock and for a missing right are alike. */
export async function deleteVersions(
  calls: S3Calls,
  versions: readonly ObjectVersion[],
  checksums: ChecksumKind,
  options: CallOptions,
): Promise<readonly RefusedVersion[]> {
  const refused: ObjectVersion[] = [];
  for (let first = 0; first < versions.length; first += batchVersions) {
    refused.push(...(await deleteBatch(calls, versions.slice(first, first + batchVersions), checksums, options)));
  }
  return mapConcurrently(refused, requestsAtOnce, async (version) => ({ version, lockedUntil: await lockEndOf(calls, version, options) }));
}

async function deleteBatch(
  calls: S3Calls,
  versions: readonly ObjectVersion[],
  checksums: ChecksumKind,
  options: CallOptions,
): Promise<readonly ObjectVersion[]> {
  const call = { doing: `remove ${versions.length} versions from`, permission: 's3:DeleteObjectVersion', signal: options.signal };
  const Objects = versions.map(({ key, versionId }) => ({ Key: calls.prefix + key, VersionId: versionId }));
  const command = new DeleteObjectsCommand({ Bucket: calls.bucket, Delete: { Objects, Quiet: true } });
  if (checksums === 'md5') command.middlewareStack.add(withContentMd5, contentMd5Place);
  const { Errors = [] } = await calls.run(call, (client, sendOptions) => client.send(command, sendOptions));
  const kept = new Set(Errors.filter(({ Code }) => !isGone(Code)).map(({ Key, VersionId }) => `${Key} ${VersionId}`));
  return versions.filter(({ key, versionId }) => kept.has(`${calls.prefix}${key} ${versionId}`));
}

async function lockEndOf(calls: S3Calls, version: ObjectVersion, { signal }: CallOptions): Promise<Date | undefined> {
  if (version.kind === 'marker') return undefined;
  const command = new GetObjectRetentionCommand({ ...calls.at(version.key), VersionId: version.versionId });
  try {
    const { Retention } = await calls.client.send(command, signal === undefined ? {} : { abortSignal: signal });
    return Retention?.RetainUntilDate;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

function versionFrom(found: S3Version | DeleteMarkerEntry, kind: ObjectVersion['kind'], calls: S3Calls): readonly ObjectVersion[] {
  const { Key, VersionId, IsLatest, LastModified } = found;
  if (Key === undefined || VersionId === undefined || !Key.startsWith(calls.prefix)) return [];
  const key = Key.slice(calls.prefix.length);
  if (key === '' || key.endsWith('/')) return [];
  const { Size: bytes = 0, ETag: etag = '' } = found as S3Version;
  return [{ key, versionId: VersionId, kind, isCurrent: IsLatest === true, bytes, etag, modifiedAt: LastModified ?? new Date(0) }];
}

function isGone(code: string | undefined): boolean {
  return code === 'NoSuchKey' || code === 'NoSuchVersion';
}

function newestFirst(a: ObjectVersion, b: ObjectVersion): number {
  return Number(b.isCurrent) - Number(a.isCurrent) || b.modifiedAt.getTime() - a.modifiedAt.getTime();
}
