import { z } from 'zod';
import type { RetentionMode } from '../../object-stores/object-store.ts';
import type { KnownLocks } from './plan-extension.ts';

/**
 * What we remember of the locks that we had set, so that a run need not ask of each object: the ends, in seconds since 1970, each with the
 * keys that it holds for. It saves requests and is trusted for nothing else: `verify` asks the store.
 */
const ledgerSchema = z.object({
  version: z.literal(1),
  mode: z.enum(['governance', 'compliance']),
  ends: z.array(z.object({ until: z.number().int(), keys: z.array(z.string()) })),
});

export function encodeLedger(mode: RetentionMode, known: KnownLocks): Buffer {
  const byEnd = Map.groupBy(known, ([, until]) => Math.floor(until.getTime() / 1000));
  const ends = [...byEnd].map(([until, entries]) => ({ until, keys: entries.map(([key]) => key) }));
  return Buffer.from(JSON.stringify({ version: 1, mode, ends } satisfies z.infer<typeof ledgerSchema>));
}

/** What cannot be read, or is of another mode, says nothing: then all is locked anew. */
export function decodeLedger(mode: RetentionMode, bytes: Uint8Array | undefined): KnownLocks {
  const ledger = bytes === undefined ? undefined : parse(Buffer.from(bytes).toString('utf8'));
  if (ledger?.mode !== mode) return new Map();
  return new Map(ledger.ends.flatMap(({ until, keys }) => keys.map((key) => [key, new Date(until * 1000)] as const)));
}

function parse(text: string): z.infer<typeof ledgerSchema> | undefined {
  try {
    return ledgerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
