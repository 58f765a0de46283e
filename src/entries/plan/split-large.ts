import type { Modification, NamedValues } from '../../domain/change-record.ts';

/** What goes around values in a request: its own length, names, lengths; and what controls take. */
const bytesAround = 16;
const bytesOfRequest = 4096;

/** An addition as far as one request may hold it, and the values that have to follow. */
export interface SplitAddition {
  readonly attributes: readonly NamedValues[];
  readonly rest: readonly (readonly Modification[])[];
}

/**
 * Cuts changes of one entry into requests of at most `limit` bytes, in their order, between values: a group of a hundred thousand members is more than a server takes at
 * once. A value that is larger by itself goes alone. Undefined: no limit.
 */
export function splitModifications(changes: readonly Modification[], limit: number | undefined): readonly (readonly Modification[])[] {
  if (limit === undefined || bytesOf(changes) <= limit - bytesOfRequest) return [changes];
  const requests: Modification[][] = [];
  let request: Modification[] = [];
  let room = limit - bytesOfRequest;
  for (const { op, name, values } of changes) {
    for (const [index, chunk] of chunksOf(values, room, limit - bytesOfRequest).entries()) {
      if (index > 0 || (chunk.bytes > room && request.length > 0)) {
        if (request.length > 0) requests.push(request);
        request = [];
        room = limit - bytesOfRequest;
      }
      // The first part takes the place of what was there, the others come to it.
      request.push({ op: op === 'replace' && index > 0 ? 'add' : op, name, values: chunk.values });
      room -= chunk.bytes;
    }
  }
  return request.length > 0 ? [...requests, request] : requests;
}

/** An addition in one request of at most `limit` bytes with as many values as it holds of each attribute, one at least; the others are added to it. */
export function splitAddition(attributes: readonly NamedValues[], limit: number | undefined): SplitAddition {
  if (limit === undefined || bytesOf(attributes) <= limit - bytesOfRequest) return { attributes, rest: [] };
  const first: NamedValues[] = [];
  const later: Modification[] = [];
  let room = limit - bytesOfRequest;
  // Small attributes first: those that classes require are among them.
  for (const attribute of attributes.toSorted((one, other) => bytesOf([one]) - bytesOf([other]))) {
    const [chunk] = chunksOf(attribute.values, room, room);
    const values = chunk?.values ?? [];
    first.push({ name: attribute.name, values });
    room -= chunk?.bytes ?? 0;
    if (values.length < attribute.values.length)
      later.push({ op: 'add', name: attribute.name, values: attribute.values.slice(values.length) });
  }
  return { attributes: first, rest: splitModifications(later, limit) };
}

interface Chunk {
  readonly values: readonly Uint8Array[];
  readonly bytes: number;
}

/** One chunk at least, which may be without values; one value at least in each of several. */
function chunksOf(values: readonly Uint8Array[], firstRoom: number, room: number): readonly Chunk[] {
  const chunks: { values: Uint8Array[]; bytes: number }[] = [{ values: [], bytes: bytesAround }];
  for (const value of values) {
    const bytes = value.length + bytesAround;
    let chunk = chunks.at(-1);
    if (chunk === undefined || (chunk.values.length > 0 && chunk.bytes + bytes > (chunks.length === 1 ? firstRoom : room))) {
      chunk = { values: [], bytes: bytesAround };
      chunks.push(chunk);
    }
    chunk.values.push(value);
    chunk.bytes += bytes;
  }
  return chunks;
}

function bytesOf(attributes: readonly NamedValues[]): number {
  let sum = 0;
  for (const { name, values } of attributes) {
    sum += name.length + bytesAround;
    for (const value of values) sum += value.length + bytesAround;
  }
  return sum;
}
