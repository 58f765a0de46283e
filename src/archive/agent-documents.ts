import type { z } from 'zod';
import { isFailure } from '../foundation/failure.ts';
import type { CallOptions, ObjectStore } from '../object-stores/object-store.ts';

/** Below it, for each group of agents: what its agents did and agree on. Nothing that a snapshot needs lies here, so nothing of it is locked. */
export const agentsPrefix = '.rootcellar/agents/';

/** Durable once it resolves. */
export async function writeAgentDocument(store: ObjectStore, key: string, document: unknown, { signal }: CallOptions = {}): Promise<void> {
  await store.put(key, new TextEncoder().encode(`${JSON.stringify(document, undefined, 2)}\n`), { signal });
}

/** Undefined where it is not there, or cannot be read: the next run writes it anew. A store that does not answer is another matter, and rejects. */
export async function readAgentDocument<Schema extends z.ZodType>(
  store: ObjectStore,
  key: string,
  schema: Schema,
  { signal }: CallOptions = {},
): Promise<z.output<Schema> | undefined> {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(await store.get(key, { signal }))));
  } catch (error) {
    signal?.throwIfAborted();
    if (isFailure(error) && error.code !== 'E_OBJECT_MISSING' && error.code !== 'E_OBJECT_DAMAGED') throw error;
    return undefined;
  }
}
