import { formatCount } from '../../../src/foundation/counts.ts';
import { formatBytes } from '../../../src/foundation/sizes.ts';

/** A size as the program prints it; all its digits stand in the title. */
export function Bytes({ of }: { readonly of: number }) {
  return <span title={`${formatCount(of)} bytes`}>{formatBytes(of)}</span>;
}
