import { createHash } from 'node:crypto';

import { lockUnsupported } from './no-object-lock.ts';
import type { DefaultRetention, ObjectLock, ObjectRetention, ObjectVersion } from './object-lock.ts';
import { objectMissing } from './store-failures.ts';

interface KeptVersion extends ObjectVersion {
  readonly content: Uint8Array;
  retention: ObjectRetention | undefined;
}

export interface MemoryLockOptions {
  readonly byDefault?: DefaultRetention | undefined;
}

const noLock = 'this memory was made without Object Lock';

/** The versions of a {@link MemoryStore} that was made with Object Lock, and their locks; without it there are none. */
export class MemoryVersions implements ObjectLock {
  readonly #options: MemoryLockOptions | undefined;
  readonly #now: () => Date;
  readonly #onChanged: (key: string) => void;
  #kept: KeptVersion[] = [];
  #serial = 0;

  /** @param onChanged called with each key of which versions were removed */
  constructor(options: MemoryLockOptions | undefined, now: () => Date, onChanged: (key: string) => void) {
    this.#options = options;
    this.#now = now;
    this.#onChanged = onChanged;
  }

  /** Takes note of what readers see from now on: an object, or with `content` undefined a marker. */
  add(key: string, content: Uint8Array | undefined, retention: ObjectRetention | undefined): void {
    if (this.#options === undefined) {
      if (retention !== undefined) throw lockUnsupported(`Cannot write "${key}" to memory with a lock`, noLock);
      return;
    }
    this.#serial += 1;
    this.#kept.unshift({
      key,
      versionId: String(this.#serial),
      kind: content === undefined ? 'marker' : 'object',
      isCurrent: true,
      bytes: content?.byteLength ?? 0,
      etag: content === undefined ? '' : createHash('md5').update(content).digest('hex'),
      modifiedAt: this.#now(),
      content: content ?? new Uint8Array(),
      retention: content === undefined ? undefined : (retention ?? this.#defaultNow()),
    });
  }

  /** What readers see of a key after versions were removed; undefined: nothing. */
  currentContent(key: string): Uint8Array | undefined {
    const current = this.#currentOf(key);
    return current?.kind === 'object' ? current.content : undefined;
  }

  async ability() {
    if (this.#options === undefined) return { isEnabled: false, why: noLock } as const;
    return { isEnabled: true, byDefault: this.#options.byDefault } as const;
  }

  async retentionOf(key: string): Promise<ObjectRetention | undefined> {
    return this.#options === undefined ? undefined : this.#object(key).retention;
  }

  async extend(key: string, { mode, until }: ObjectRetention): Promise<ObjectRetention> {
    if (this.#options === undefined) throw lockUnsupported(`Cannot lock "${key}" in memory`, noLock);
    const object = this.#object(key);
    const held = object.retention;
    const longest = held !== undefined && held.until > until ? held.until : until;
    object.retention = { mode: held?.mode ?? mode, until: longest };
    return object.retention;
  }

  async *listVersions(prefix: string): AsyncGenerator<ObjectVersion> {
    const keys = [...new Set(this.#kept.map(({ key }) => key))].filter((key) => key.startsWith(prefix)).toSorted();
    for (const key of keys) {
      for (const [place, version] of this.#kept.filter((one) => one.key === key).entries()) yield { ...version, isCurrent: place === 0 };
    }
  }

  async deleteVersions(versions: readonly ObjectVersion[]) {
    const locked: { version: ObjectVersion; lockedUntil: Date }[] = [];
    for (const version of versions) {
      const found = this.#kept.find(({ key, versionId }) => key === version.key && versionId === version.versionId);
      const until = found?.retention?.until;
      if (until !== undefined && until > this.#now()) locked.push({ version, lockedUntil: until });
      else this.#kept = this.#kept.filter((one) => one !== found);
    }
    for (const key of new Set(versions.map((version) => version.key))) this.#onChanged(key);
    return locked;
  }

  #currentOf(key: string): KeptVersion | undefined {
    return this.#kept.find((one) => one.key === key);
  }

  #object(key: string): KeptVersion {
    const current = this.#currentOf(key);
    if (current?.kind !== 'object') throw objectMissing(key, 'memory');
    return current;
  }

  #defaultNow(): ObjectRetention | undefined {
    const byDefault = this.#options?.byDefault;
    return byDefault && { mode: byDefault.mode, until: new Date(this.#now().getTime() + byDefault.days * 86_400_000) };
  }
}
