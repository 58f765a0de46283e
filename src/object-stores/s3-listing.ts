import {
  type CommonPrefix,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type _Object,
} from '@aws-sdk/client-s3';

import { Failure } from '../foundation/failure.ts';
import { isReserved, reservedFolder } from './keys.ts';
import type { CallOptions, FolderListing, ObjectInfo, UnfinishedWrite } from './object-store.ts';
import type { S3Call, S3Calls } from './s3-calls.ts';

interface Page {
  readonly objects: readonly ObjectInfo[];
  readonly folders: readonly string[];
}

/** The objects below a prefix of the store, page by page, in the order in which S3 gives them: that of the keys' bytes. */
export async function* listObjects(
  calls: S3Calls,
  prefix: string,
  pageKeys: number | undefined,
  options: CallOptions,
): AsyncGenerator<ObjectInfo> {
  for await (const page of pages(calls, { prefix, pageKeys }, options)) yield* page.objects;
}

/** One level of the store, see {@link ObjectStore.listFolder}. */
export async function listOneFolder(
  calls: S3Calls,
  prefix: string,
  pageKeys: number | undefined,
  options: CallOptions,
): Promise<FolderListing> {
  const folders: string[] = [];
  const objects: ObjectInfo[] = [];
  for await (const page of pages(calls, { prefix, pageKeys, delimiter: '/' }, options)) {
    folders.push(...page.folders.map((folder) => folder.slice(prefix.length, -1)));
    objects.push(...page.objects);
  }
  return { folders, objects };
}

interface Question {
  readonly prefix: string;
  readonly pageKeys: number | undefined;
  readonly delimiter?: string;
  /** The store's own objects, and not those that it keeps for others. */
  readonly isOfOwn?: boolean;
}

async function* pages(calls: S3Calls, question: Question, options: CallOptions): AsyncGenerator<Page> {
  const call = {
    doing: question.prefix === '' ? 'list' : `list "${question.prefix}" in`,
    permission: 's3:ListBucket',
    signal: options.signal,
  };
  let token: string | undefined;
  do {
    const input = {
      Bucket: calls.bucket,
      Prefix: calls.prefix + question.prefix,
      Delimiter: question.delimiter,
      MaxKeys: question.pageKeys,
      ContinuationToken: token,
    };
    const answer = await calls.run(call, (client, sendOptions) => client.send(new ListObjectsV2Command(input), sendOptions));
    yield {
      objects: (answer.Contents ?? []).flatMap((object) => infoOf(object, question, calls)),
      folders: (answer.CommonPrefixes ?? []).flatMap((folder) => folderOf(folder, calls)),
    };
    token = answer.IsTruncated === true ? nextToken(answer.NextContinuationToken, token, calls, call) : undefined;
  } while (token !== undefined);
}

/** A store that says "there is more" but not from where would be listed short, or for ever. */
function nextToken(next: string | undefined, current: string | undefined, calls: S3Calls, call: S3Call): string {
  if (next !== undefined && next !== '' && next !== current) return next;
  throw new Failure('E_STORE_FAILED', `${calls.sentence(call)}: the store says that there are more keys and not how to get them`, {
    hint: 'use another store, or a newer version of this one',
  });
}

function infoOf(object: _Object, { isOfOwn = false }: Question, calls: S3Calls): readonly ObjectInfo[] {
  const key = relativeKey(object.Key, calls);
  // A key that ends with "/" is a folder marker that consoles make; no store of ours writes one.
  if (key === undefined || key === '' || key.endsWith('/') || isReserved(key) !== isOfOwn) return [];
  return [{ key, bytes: object.Size ?? 0, etag: object.ETag ?? '', modifiedAt: object.LastModified ?? new Date(0) }];
}

function folderOf(folder: CommonPrefix, calls: S3Calls): readonly string[] {
  const key = relativeKey(folder.Prefix, calls);
  return key === undefined || key === `${reservedFolder}/` ? [] : [key];
}

function relativeKey(key: string | undefined, calls: S3Calls): string | undefined {
  return key?.startsWith(calls.prefix) === true ? key.slice(calls.prefix.length) : undefined;
}

const separator = '\n';

/** Trials of what the store can do whose run was killed before it removed them, and those that others make right now. */
export async function* listProbes(calls: S3Calls, options: CallOptions): AsyncGenerator<UnfinishedWrite> {
  for await (const { objects } of pages(calls, { prefix: `${reservedFolder}/`, pageKeys: undefined, isOfOwn: true }, options)) {
    for (const { key, modifiedAt } of objects) yield { id: `${separator}${key}`, key, beganAt: modifiedAt };
  }
}

/** Multipart uploads below the store's prefix that were begun and neither completed nor aborted. */
export async function* listUploads(calls: S3Calls, options: CallOptions): AsyncGenerator<UnfinishedWrite> {
  const call = { doing: 'list the unfinished uploads in', permission: 's3:ListBucketMultipartUploads', signal: options.signal };
  let marker: UploadsMarker | undefined = {};
  while (marker !== undefined) {
    const answer: ListMultipartUploadsCommandOutput = await uploadsPage(calls, call, marker);
    for (const upload of answer.Uploads ?? []) {
      const key = relativeKey(upload.Key, calls);
      if (key !== undefined && upload.UploadId !== undefined) {
        yield { id: `${upload.UploadId}${separator}${key}`, key, beganAt: upload.Initiated ?? new Date(0) };
      }
    }
    const hasMore = answer.IsTruncated === true && answer.NextKeyMarker !== undefined && answer.NextKeyMarker !== '';
    marker = hasMore ? { KeyMarker: answer.NextKeyMarker, UploadIdMarker: answer.NextUploadIdMarker } : undefined;
  }
}

interface UploadsMarker {
  readonly KeyMarker?: string | undefined;
  readonly UploadIdMarker?: string | undefined;
}

function uploadsPage(calls: S3Calls, call: S3Call, marker: UploadsMarker): Promise<ListMultipartUploadsCommandOutput> {
  const input = { Bucket: calls.bucket, Prefix: calls.prefix, ...marker };
  return calls.run(call, (client, sendOptions) => client.send(new ListMultipartUploadsCommand(input), sendOptions));
}

/** The upload id and key of what {@link listUploads} gave; of what {@link listProbes} gave the upload id is empty. */
export function uploadOf(write: UnfinishedWrite): { readonly uploadId: string; readonly key: string } {
  const [uploadId = '', key = ''] = write.id.split(separator);
  return { uploadId, key };
}
