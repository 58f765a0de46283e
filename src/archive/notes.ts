import type { z } from 'zod';

/**
 * How a layout keeps small documents of ours beside the snapshots, such as reports of restores and who did what: sealed, where the layout seals what it has. No snapshot
 * needs one of them, so none of them is locked. `key` is that of the object, below `.rootcellar/`.
 */
export interface Notes {
  /** `json` must be an object or an array. Replaces what is there; durable once it resolves. */
  write(key: string, json: Uint8Array, signal: AbortSignal | undefined): Promise<void>;
  /** Undefined where it is not there, or not as it was written. */
  read(key: string, signal: AbortSignal | undefined): Promise<Uint8Array | undefined>;
}

/** A document as a note has it. */
export function noteOf(document: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** The document in a note that was read; undefined for one that is none of the schema. */
export function documentIn<Schema extends z.ZodType>(schema: Schema, note: Uint8Array | undefined): z.output<Schema> | undefined {
  if (note === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(note)));
  } catch {
    return undefined;
  }
}
