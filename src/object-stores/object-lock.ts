import type { CallOptions } from './object-store.ts';

/**
 * `governance`: accounts with a special right may lift it, and nothing of ours ever asks them to · `compliance`: nobody may, not the owner of the
 * account either.
 */
export type RetentionMode = 'governance' | 'compliance';

/** Until when a store refuses to remove, or to lay bare, the very bytes that were written (S3 Object Lock). */
export interface ObjectRetention {
  readonly mode: RetentionMode;
  /** To the second; what is asked for is rounded up. */
  readonly until: Date;
}

/** Whether objects can be locked where the store lies. */
export type LockAbility =
  | {
      readonly isEnabled: true;
      /** What objects get that are written without a retention of their own. */ readonly byDefault: DefaultRetention | undefined;
    }
  | { readonly isEnabled: false; /** One clause: `a folder has no Object Lock`. */ readonly why: string };

export interface DefaultRetention {
  readonly mode: RetentionMode;
  readonly days: number;
}

/** One of the versions that a bucket with versioning keeps of a key. */
export interface ObjectVersion {
  readonly key: string;
  /** Opaque, unique for the key. */
  readonly versionId: string;
  /** `marker`: it holds nothing, and where it is current it makes the key look absent. */
  readonly kind: 'object' | 'marker';
  /** Whether it is this one that readers see. */
  readonly isCurrent: boolean;
  /** 0 for a marker. */
  readonly bytes: number;
  /** Of the content; versions with the same one are the same. Empty for a marker. */
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface RefusedVersion {
  readonly version: ObjectVersion;
  /** Until when the store must refuse; undefined where it refuses for another reason, such as a missing right. */
  readonly lockedUntil: Date | undefined;
}

/**
 * What keeps objects from being removed, and what is left of those that were: the part of {@link ObjectStore} about S3 Object Lock and versions.
 *
 * A bucket with Object Lock keeps versions. A plain delete there lays a marker over the object, which looks removed and is whole underneath; a
 * write over it lies above it. A lock guards the version, not the name: so nothing locked is ever lost, but it may be hidden.
 */
export interface ObjectLock {
  /** @throws Failure E_ACCESS_DENIED where the account may not know */
  ability(options?: CallOptions): Promise<LockAbility>;

  /**
   * The retention of the object that readers see, as the store tells it; undefined for none. versitygw 1.8 does not tell of the one that a
   * bucket gives by default.
   *
   * @throws Failure E_OBJECT_MISSING
   */
  retentionOf(key: string, options?: CallOptions): Promise<ObjectRetention | undefined>;

  /**
   * Locks an object until `retention.until` at least; never shortens. An object that is locked in the other mode keeps that mode, as stores
   * do not let it be changed. Resolves to the retention that it has then.
   *
   * @throws Failure E_OBJECT_MISSING, E_ACCESS_DENIED, E_OBJECT_LOCK_UNSUPPORTED
   */
  extend(key: string, retention: ObjectRetention, options?: CallOptions): Promise<ObjectRetention>;

  /**
   * All versions of the keys that begin with `prefix`, those in the store's own folder too; in the order of the keys, of one key the newest
   * first. Without versioning there is nothing, or each object as its own only version.
   */
  listVersions(prefix: string, options?: CallOptions): AsyncIterable<ObjectVersion>;

  /**
   * Removes just these versions; one that is gone is no error. Resolves to those that the store did not let go. Removing a marker that is
   * current brings back what lies under it.
   */
  deleteVersions(versions: readonly ObjectVersion[], options?: CallOptions): Promise<readonly RefusedVersion[]>;
}
