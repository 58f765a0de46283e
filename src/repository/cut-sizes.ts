/** Where files are cut: bytes. */
export interface CutSizes {
  readonly min: number;
  readonly average: number;
  readonly max: number;
}

export const defaultCutSizes: CutSizes = { min: 256 * 1024, average: 512 * 1024, max: 2 * 1024 * 1024 };

/** Of LDIF: changed entries lie scattered, so that only small chunks stay the same; a chunk holds some dozens of entries, and the largest a photo. */
export const ldifCutSizes: CutSizes = { min: 8 * 1024, average: 16 * 1024, max: 1024 * 1024 };

/** Of the index of an export: what one entry changes lies in single records all over it. */
export const entryIndexCutSizes: CutSizes = { min: 4 * 1024, average: 8 * 1024, max: 64 * 1024 };

/**
 * What a hash must stay below, before and after the average: before it two bits more are asked for than gives one cut in the average, after it
 * two fewer. That is asked of the highest bits, which depend on the whole window.
 */
export function cutLimits({ min, average }: CutSizes): { readonly strict: bigint; readonly loose: bigint } {
  // The minimum is passed over for nothing, so what is looked for has the rest as its distance.
  const bits = Math.max(3, Math.round(Math.log2(average - min)));
  return { strict: 1n << BigInt(62 - bits), loose: 1n << BigInt(66 - bits) };
}
