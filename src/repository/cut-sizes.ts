/** Where files are cut: bytes. */
export interface CutSizes {
  readonly min: number;
  readonly average: number;
  readonly max: number;
}

export const defaultCutSizes: CutSizes = { min: 256 * 1024, average: 1024 * 1024, max: 4 * 1024 * 1024 };

/** The bits that a hash must not have, before and after the average; the highest ones, as they depend on the whole window. */
export function cutMasks({ min, average }: CutSizes): { readonly strict: bigint; readonly loose: bigint } {
  // The minimum is passed over for nothing, so what is looked for has the rest as its distance.
  const bits = Math.max(3, Math.round(Math.log2(average - min)));
  return { strict: highest(bits + 2), loose: highest(bits - 2) };
}

function highest(bits: number): bigint {
  return BigInt.asIntN(64, ((1n << BigInt(bits)) - 1n) << BigInt(64 - bits));
}
