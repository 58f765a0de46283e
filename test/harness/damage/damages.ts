import { randomBytes } from 'node:crypto';
import type { ObjectStore } from '../../../src/object-stores/object-store.ts';
import { flipped } from '../damaged-archive.ts';

/** Part of an object, from the first byte up to, not including, the second. */
export type ByteRange = readonly [from: number, to: number];

/** An object to be damaged, in a part of it or as a whole. */
export interface Victim {
  readonly key: string;
  /** The key of another object of its class, of another length; where a repository has just one the bytes of another repository's. */
  readonly other: string | Uint8Array;
  /** Where it is damaged; the whole of it unless told. */
  readonly part?: ByteRange | undefined;
}

/** What one damage does to the bytes of a victim's part; undefined: the object is gone. */
type Alteration = (part: Uint8Array, other: Uint8Array) => Uint8Array | undefined;

const bitInByte = 3;

/** The middle bit of a byte, as it is not one that many formats leave unused. */
function flipAt(part: Uint8Array, byte: number): Uint8Array {
  return flipped(part, byte * 8 + bitInByte);
}

const alterations = {
  'a bit flipped at its start': (part) => flipAt(part, 0),
  'a bit flipped in its middle': (part) => flipAt(part, Math.floor(part.length / 2)),
  'a bit flipped at its end': (part) => flipAt(part, part.length - 1),
  'its last byte cut off': (part) => part.subarray(0, -1),
  'its second half cut off': (part) => part.subarray(0, Math.floor(part.length / 2)),
  'nothing left in it': () => new Uint8Array(),
  'garbage of its length in its place': (part) => randomBytes(part.length),
  'another one in its place': (_part, other) => other,
  'it was deleted': () => undefined,
} as const satisfies Readonly<Record<string, Alteration>>;

/** `exchanged`: it and the other one each lie under the name of the other. */
export type Damage = keyof typeof alterations | 'it and another one exchanged';

export const damages = [...(Object.keys(alterations) as (keyof typeof alterations)[]), 'it and another one exchanged'] as const;

/** Does it, and resolves to which part of the victim's key is no longer what it was. */
export async function inflict(store: ObjectStore, { key, other, part }: Victim, damage: Damage): Promise<ByteRange> {
  const bytes = await store.get(key);
  const others = typeof other === 'string' ? await store.get(other) : other;
  if (damage === 'it and another one exchanged') {
    await store.put(key, others);
    if (typeof other === 'string') await store.put(other, bytes);
    return [0, Infinity];
  }
  const [from, to] = part ?? [0, bytes.length];
  const before = bytes.subarray(from, to);
  const altered = alterations[damage](before, others);
  if (altered === undefined) {
    await store.delete([key]);
    return [0, Infinity];
  }
  await store.put(key, Buffer.concat([bytes.subarray(0, from), altered, bytes.subarray(to)]));
  const at = before.findIndex((byte, index) => byte !== altered[index]);
  const last = damage.startsWith('a bit') ? from + at + 1 : Math.max(to, bytes.length);
  return [from + at, last];
}
