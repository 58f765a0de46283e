import type { Secret } from '../foundation/secret.ts';

/** One of the passwords that open an archive, as it is told without knowing it. */
export interface ArchiveKey {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Whether it opened the archive just now. */
  readonly isInUse: boolean;
  /** RFC 3339, as its maker wrote it; like the labels nobody vouches for it. Empty where the key is damaged. */
  readonly created: string;
  readonly username: string;
  readonly hostname: string;
  /** Why it cannot be read, in one sentence. */
  readonly damage: string | undefined;
}

/** What a new key says of who made it, for people. */
export interface KeyLabels {
  readonly username: string;
  readonly hostname: string;
}

/** The passwords of an archive. Removing one keeps out only who has not read the archive's own keys with it before. */
export interface ArchiveKeys {
  /** Newest first; damaged ones are told, and the others are given. */
  list(signal?: AbortSignal): Promise<readonly ArchiveKey[]>;

  /**
   * Lets a further password open the archive; it has opened it when this resolves. One that does so already is left as it is, and `isNew` is false.
   *
   * @throws Failure E_TOO_MANY_KEYS, E_STORE_UNFAITHFUL
   */
  add(password: Secret, labels: KeyLabels, signal?: AbortSignal): Promise<{ readonly id: string; readonly isNew: boolean }>;

  /**
   * Decides what {@link remove} would do with the one key that `wanted` names, by its ID or the beginning of it. Changes nothing.
   *
   * @throws Failure E_KEY_UNKNOWN; E_KEY_IN_USE for the key that opened the archive, so never the last one goes; E_USAGE
   */
  planRemoval(wanted: string, signal?: AbortSignal): Promise<{ readonly key: ArchiveKey; readonly staying: readonly ArchiveKey[] }>;

  /** Removes the key of this ID, after planning anew. */
  remove(id: string, signal?: AbortSignal): Promise<void>;

  /**
   * Replaces the password in use; the new one has opened the archive before the keys of the old one go. Killed in between, both open it.
   *
   * @throws Failure E_USAGE when both are the same, E_STORE_UNFAITHFUL, E_KEY_NOT_REMOVED (exit code 3)
   */
  change(password: Secret, labels: KeyLabels, signal?: AbortSignal): Promise<{ readonly id: string; readonly removed: readonly string[] }>;
}
