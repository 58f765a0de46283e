import type { Layout } from './archive.ts';
import { marginDays, type ObjectLockRule } from './object-lock/object-lock-rule.ts';

/** `writer` makes backups · `reader` lists, verifies, fetches and restores · `pruner` makes the archive, forgets, prunes and looks after keys. */
export const roles = ['writer', 'reader', 'pruner'] as const;

export type Role = (typeof roles)[number];

export interface PolicyRequest {
  readonly role: Role;
  readonly layout: Layout;
  readonly bucket: string;
  /** Empty, or ends with `/`. */
  readonly prefix: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  readonly partition: string;
  readonly objectLock?: ObjectLockRule | undefined;
  /** Where objects are encrypted with a key of AWS KMS: its ARN, or whatever else names it. */
  readonly kmsKeyId?: string | undefined;
}

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface AccessPolicy {
  readonly policy: { readonly Version: '2012-10-17'; readonly Statement: readonly Statement[] };
  /** Why each statement is there, by its Sid: one sentence. */
  readonly reasons: Readonly<Record<string, string>>;
  /** What else it takes. */
  readonly remarks: readonly string[];
}

/** Where a role may write, and where remove; below the archive's prefix, `*` as in IAM. */
interface Places {
  readonly write: readonly string[];
  readonly remove: readonly string[];
}

const all = ['*'];
/** Tried out by every role where the store is not AWS: what it honours is not believed. */
const probes = '.rootcellar-store/*';
const leases = '.rootcellar/leases/*';
/** A restore, and a drill, keep their reports beside the snapshot. */
const reports = '.rootcellar/reports/*';
const doctor = '.rootcellar/doctor/*';
/** What the agents of a group agree on, and their history, which they keep short. */
const agents = '.rootcellar/agents/*';
/** Leases, marks, what we remember of locks, and the probes: nothing that a snapshot needs. */
const ours = '.rootcellar*';

const placesOf: Readonly<Record<Role, Readonly<Record<Layout, Places>>>> = {
  writer: {
    repository: {
      write: ['data/*', 'index/*', 'snapshots/*', 'locks/*', ours],
      remove: ['locks/*', doctor, agents, probes],
    },
    plain: { write: all, remove: ['.rootcellar/unfinished/*', doctor, agents, probes] },
  },
  // A restore takes the lease of its server, so that no backup runs beside it.
  reader: {
    repository: { write: [leases, reports, probes], remove: [probes] },
    plain: { write: [leases, reports, probes], remove: [probes] },
  },
  pruner: { repository: { write: all, remove: all }, plain: { write: all, remove: all } },
};

/**
 * The least rights with which a role can do its work in an archive, as an IAM policy. None of them may lift a lock before its time, and a writer
 * cannot remove or hide anything that a snapshot needs.
 */
export function accessPolicy(request: PolicyRequest): AccessPolicy {
  const told = [
    ...listing(request),
    ...objects(request),
    ...(request.role === 'pruner' ? versions(request) : []),
    ...(request.objectLock === undefined ? [] : locks(request, request.objectLock)),
    ...encryption(request),
  ];
  return {
    policy: { Version: '2012-10-17', Statement: told.map(({ reason: _reason, ...statement }) => statement) },
    reasons: Object.fromEntries(told.map(({ Sid, reason }) => [Sid, reason])),
    remarks: remarksOn(request),
  };
}

type Told = Statement & { readonly reason: string };

function listing(request: PolicyRequest): Told[] {
  const { prefix } = request;
  // By versions one sees what was hidden, or written over.
  const Action =
    request.objectLock === undefined && request.role !== 'pruner' ? ['s3:ListBucket'] : ['s3:ListBucket', 's3:ListBucketVersions'];
  const onBucket = { Effect: 'Allow', Action, Resource: [bucketArn(request)] } as const;
  if (prefix === '')
    return [{ Sid: 'List', ...onBucket, reason: 'lists what the archive holds, and tells what is missing from what is forbidden' }];
  return [
    {
      Sid: 'List',
      ...onBucket,
      Condition: { StringLike: { 's3:prefix': [prefix, `${prefix}*`] } },
      reason: 'lists what the archive holds',
    },
    {
      Sid: 'TellMissingFromForbidden',
      ...onBucket,
      Action: ['s3:ListBucket'],
      Condition: { Null: { 's3:prefix': 'true' } },
      reason: 'lets AWS answer 404, and not 403, for an object that is not there; it shows the names of what else lies in the bucket',
    },
  ];
}

function objects(request: PolicyRequest): Told[] {
  const { write, remove } = placesOf[request.role][request.layout];
  const allow = (Sid: string, Action: string[], places: readonly string[], reason: string): Told => ({
    Sid,
    Effect: 'Allow',
    Action,
    Resource: places.map((place) => objectArn(request, place)),
    reason,
  });
  return [
    allow('Read', ['s3:GetObject'], all, 'reads the archive'),
    allow('Write', ['s3:PutObject', 's3:AbortMultipartUpload'], write, writeReason(request)),
    allow('Remove', ['s3:DeleteObject'], remove, removeReason(request)),
  ];
}

function writeReason({ role, layout }: PolicyRequest): string {
  if (role === 'reader') return 'lets a restore take the lease of its server, so that no backup runs beside it, and keep its report';
  if (role === 'writer' && layout === 'repository') return 'writes backups; not keys and config, which are made once, by the pruner';
  return 'writes, and gives up an upload in parts that failed';
}

function removeReason({ role }: PolicyRequest): string {
  if (role === 'pruner') return 'forgets and prunes; what is locked is only hidden by it';
  return 'removes its own locks, marks and probes; nothing that a snapshot needs';
}

function versions(request: PolicyRequest): Told[] {
  return [
    {
      Sid: 'FindUploads',
      Effect: 'Allow',
      Action: ['s3:ListBucketMultipartUploads'],
      Resource: [bucketArn(request)],
      reason: 'finds uploads that were never ended',
    },
    {
      Sid: 'RemoveRests',
      Effect: 'Allow',
      Action: ['s3:DeleteObjectVersion', 's3:GetObjectVersion', 's3:ListMultipartUploadParts'],
      Resource: [objectArn(request, '*')],
      reason: 'gives their space back, once no lock holds it any more',
    },
  ];
}

function locks(request: PolicyRequest, rule: ObjectLockRule): Told[] {
  const everywhere = [objectArn(request, '*')];
  const isReader = request.role === 'reader';
  const known: Told[] = [
    {
      Sid: 'KnowTheBucket',
      Effect: 'Allow',
      Action: ['s3:GetBucketObjectLockConfiguration'],
      Resource: [bucketArn(request)],
      reason: 'learns whether the bucket has Object Lock',
    },
    {
      Sid: 'Locks',
      Effect: 'Allow',
      Action: isReader ? ['s3:GetObjectRetention'] : ['s3:GetObjectRetention', 's3:PutObjectRetention'],
      Resource: everywhere,
      reason: isReader ? 'proves until when a snapshot is locked' : 'locks, extends locks, and proves until when a snapshot is locked',
    },
  ];
  if (isReader) return known;
  return [
    ...known,
    {
      Sid: 'NotForEver',
      Effect: 'Deny',
      // On AWS a write that brings its lock along takes this right too. MinIO refuses a policy that has this condition for s3:PutObject.
      Action: ['s3:PutObjectRetention'],
      Resource: everywhere,
      Condition: { NumericGreaterThan: { 's3:object-lock-remaining-retention-days': String(rule.days + marginDays(rule) + 1) } },
      reason:
        'keeps who stole the key from locking for longer than the rule does, which you would pay for; MinIO heeds it where a lock is extended only',
    },
  ];
}

function encryption({ role, kmsKeyId: arn }: PolicyRequest): Told[] {
  if (arn === undefined || !isKeyArn(arn)) return [];
  const Action = role === 'reader' ? ['kms:Decrypt'] : ['kms:Decrypt', 'kms:GenerateDataKey'];
  return [{ Sid: 'UseTheKey', Effect: 'Allow', Action, Resource: [arn], reason: 'lets the store encrypt and decrypt with your key' }];
}

function remarksOn({ role, kmsKeyId }: PolicyRequest): readonly string[] {
  if (kmsKeyId === undefined || isKeyArn(kmsKeyId)) return [];
  const actions = role === 'reader' ? 'kms:Decrypt' : 'kms:Decrypt and kms:GenerateDataKey';
  return [
    `the store encrypts with a key that is not named by its ARN: allow ${actions} on it, or set s3.kmsKeyId to the ARN and print this again`,
  ];
}

function isKeyArn(id: string): boolean {
  return /^arn:[^:]+:kms:[^:]+:\d+:key\//.test(id);
}

function bucketArn({ partition, bucket }: PolicyRequest): string {
  return `arn:${partition}:s3:::${bucket}`;
}

function objectArn(request: PolicyRequest, place: string): string {
  return `${bucketArn(request)}/${request.prefix}${place}`;
}
