import { crc32 } from 'node:zlib';

/** The table of the CRC-32 that zips have (APPNOTE.TXT 4.4.7): it is linear, so two sums of one byte differ by the byte's entry. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => (crc32(Uint8Array.of(byte)) ^ crc32(Uint8Array.of(0))) >>> 0);

/** A copy of `content` whose last four bytes make its CRC-32 `wanted`: another content of the same sum. */
export function withCrc(content: Uint8Array, wanted: number): Buffer {
  const forged = Buffer.from(content);
  const fixed = forged.subarray(0, -4);
  // Backwards from the wanted sum: which entries of the table the last four steps took.
  let register = ~wanted >>> 0;
  const entries: number[] = [];
  for (let step = 0; step < 4; step += 1) {
    const entry = table.findIndex((value) => value >>> 24 === register >>> 24);
    entries.unshift(entry);
    register = ((register ^ (table[entry] ?? 0)) << 8) >>> 0;
  }
  let forward = ~crc32(fixed) >>> 0;
  for (const [step, entry] of entries.entries()) {
    forged.writeUInt8((forward ^ entry) & 0xff, fixed.length + step);
    forward = ((forward >>> 8) ^ (table[entry] ?? 0)) >>> 0;
  }
  return forged;
}
