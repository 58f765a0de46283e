import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

export interface CopyRange {
  /** Numbers of the copies to write: from the first one up to, without, the last one. */
  readonly from: number;
  readonly to: number;
  /** Where to begin in the target, what lies behind is overwritten; its beginning unless told. */
  readonly offset?: number;
}

/**
 * Writes a file again and again into another one, each copy veiled by its number: every byte is combined with it. So no chunk of one is in
 * another one, and each compresses as well as the original.
 */
export async function writeVeiledCopies(file: string, target: string, { from, to, offset = 0 }: CopyRange): Promise<void> {
  await using output = await open(target, constants.O_WRONLY | constants.O_CREAT);
  const piece = Buffer.alloc(8 * 1024 * 1024);
  const words = new Uint32Array(piece.buffer);
  let end = offset;
  for (let number = from; number < to; number += 1) {
    await using input = await open(file);
    for (;;) {
      const { bytesRead } = await input.read(piece, 0, piece.length, null);
      if (bytesRead === 0) break;
      const veil = number * 0x01_01_01_01;
      for (let index = 0; index < words.length; index += 1) words[index] = (words[index] ?? 0) ^ veil;
      await output.write(piece, 0, bytesRead, end);
      end += bytesRead;
    }
  }
  await output.truncate(end);
}
