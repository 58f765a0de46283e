/** Not worth the ado below it. */
const leastBytes = 4096;

/**
 * Gives the memory of a buffer back at once, which then is empty; the collector sees only a small object, and comes late, or is called in for what it
 * cannot see. Only for a buffer that nobody else uses, whole or in part; what Node cut from its pool is left alone, as others may have their part of it.
 */
export function release({ buffer }: Uint8Array): void {
  const isPool = buffer.byteLength === Buffer.poolSize;
  if (!isPool && buffer.byteLength >= leastBytes && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
