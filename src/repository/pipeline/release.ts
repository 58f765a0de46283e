/** Smaller ones may share their memory with others: Node cuts them from a pool. */
const smallestOwnBytes = 65_536;

/**
 * Gives the memory of a large buffer back at once, which then is empty; the collector sees only a small object, and comes late, or is called in for what it
 * cannot see. Only for a buffer that nobody else uses, whole or in part.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (byteLength > smallestOwnBytes && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
