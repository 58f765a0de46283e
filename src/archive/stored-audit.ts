import { auditEntrySchema, type AuditEntry } from '../domain/audit-entry.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { mapConcurrently } from '../foundation/concurrency.ts';
import type { ObjectStore } from '../object-stores/object-store.ts';
import { agentsPrefix } from './agent-documents.ts';
import { documentIn, noteOf, type Notes } from './notes.ts';

/** Who did what by the API of the agents of a group, kept in the archive itself so that it outlives each of them. */
export interface AuditTrail {
  /** Durable once it resolves. An entry of the same ID is replaced. */
  save(entry: AuditEntry, options?: OperationContext): Promise<void>;
  /** The newest first: at most `limit`, and only those before the ID `before`. */
  read(options: AuditQuery & OperationContext): Promise<readonly AuditEntry[]>;
  /** Removes the oldest beyond `keep`. */
  trim(keep: number, options?: OperationContext): Promise<void>;
}

export interface AuditQuery {
  readonly limit: number;
  readonly before?: string | undefined;
}

const readsAtOnce = 8;
const namePattern = /\/(\d{8}T\d{9}Z-[0-9a-z]{6})\.json$/;

/**
 * Entries as objects of the archive, `.rootcellar/agents/<group>/audit/<ID>.json`: whose entries somebody looked for is sealed as the entries themselves are. The
 * names are not, and tell when something was done.
 */
export class StoredAudit implements AuditTrail {
  readonly #store: ObjectStore;
  readonly #notes: () => Promise<Notes>;
  readonly #prefix: string;

  constructor(store: ObjectStore, notes: () => Promise<Notes>, group: string) {
    this.#store = store;
    this.#notes = notes;
    this.#prefix = `${agentsPrefix}${group}/audit/`;
  }

  async save(entry: AuditEntry, { signal }: OperationContext = {}): Promise<void> {
    await (await this.#notes()).write(this.#keyOf(entry.id), noteOf(entry), signal);
  }

  async read({ limit, before, signal }: AuditQuery & OperationContext): Promise<readonly AuditEntry[]> {
    const ids = (await this.#ids(signal)).filter((id) => before === undefined || id < before).slice(0, limit);
    if (ids.length === 0) return [];
    const notes = await this.#notes();
    const read = async (id: string, _: number, own: AbortSignal): Promise<AuditEntry | undefined> =>
      documentIn(auditEntrySchema, await notes.read(this.#keyOf(id), own));
    const entries = await mapConcurrently(ids, readsAtOnce, read, signal);
    // One that was trimmed meanwhile is not there any more.
    return entries.filter((entry) => entry !== undefined);
  }

  async trim(keep: number, { signal }: OperationContext = {}): Promise<void> {
    const surplus = (await this.#ids(signal)).slice(keep);
    if (surplus.length > 0)
      await this.#store.delete(
        surplus.map((id) => this.#keyOf(id)),
        { signal },
      );
  }

  /** The newest first. */
  async #ids(signal: AbortSignal | undefined): Promise<readonly string[]> {
    const ids: string[] = [];
    for await (const { key } of this.#store.list(this.#prefix, { signal })) {
      const [, id] = namePattern.exec(key) ?? [];
      if (id !== undefined) ids.push(id);
    }
    return ids.toSorted().toReversed();
  }

  #keyOf(id: string): string {
    return `${this.#prefix}${id}.json`;
  }
}
