// Poly1305 in five limbs of 26 bits: products of two and their sums of five fit in 64 bits, and WebAssembly has no wider multiplication.
// The state lies in globals, so each instance works on one message at a time.

const MASK: u64 = 0x3ffffff;

let r0: u64, r1: u64, r2: u64, r3: u64, r4: u64;
let h0: u64, h1: u64, h2: u64, h3: u64, h4: u64;
let s0: u64, s1: u64;

/** Begins a message with the one-time key at `key`: 16 bytes `r`, masked here, and 16 bytes `s`. */
export function polyBegin(key: usize): void {
  const low = load<u64>(key) & 0x0ffffffc0fffffff;
  const high = load<u64>(key, 8) & 0x0ffffffc0ffffffc;
  r0 = low & MASK;
  r1 = (low >> 26) & MASK;
  r2 = ((low >> 52) | (high << 12)) & MASK;
  r3 = (high >> 14) & MASK;
  r4 = high >> 40;
  h0 = h1 = h2 = h3 = h4 = 0;
  s0 = load<u64>(key, 16);
  s1 = load<u64>(key, 24);
}

/** Takes `length` bytes more; a multiple of 16, but for the last part of a message. `data` must be writable for 16 bytes behind its end, and is left as it was. */
export function polyUpdate(data: usize, length: usize): void {
  const whole = length & ~(<usize>15);
  blocks(data, whole, 1 << 24);
  const rest = length - whole;
  if (rest == 0) return;
  // The last block: a one behind the message, then zeros.
  const tail = data + whole;
  const keptLow = load<u64>(tail);
  const keptHigh = load<u64>(tail, 8);
  store<u8>(tail + rest, 1);
  for (let i = rest + 1; i < 16; i++) store<u8>(tail + i, 0);
  blocks(tail, 16, 0);
  store<u64>(tail, keptLow);
  store<u64>(tail, keptHigh, 8);
}

function blocks(from: usize, length: usize, top: u64): void {
  const a0 = r0, a1 = r1, a2 = r2, a3 = r3, a4 = r4;
  const b1 = a1 * 5, b2 = a2 * 5, b3 = a3 * 5, b4 = a4 * 5;
  let x0 = h0, x1 = h1, x2 = h2, x3 = h3, x4 = h4;
  const end = from + length;
  for (let at = from; at < end; at += 16) {
    const low = load<u64>(at);
    const high = load<u64>(at, 8);
    x0 += low & MASK;
    x1 += (low >> 26) & MASK;
    x2 += ((low >> 52) | (high << 12)) & MASK;
    x3 += (high >> 14) & MASK;
    x4 += (high >> 40) | top;
    const d0 = x0 * a0 + x1 * b4 + x2 * b3 + x3 * b2 + x4 * b1;
    const d1 = x0 * a1 + x1 * a0 + x2 * b4 + x3 * b3 + x4 * b2;
    const d2 = x0 * a2 + x1 * a1 + x2 * a0 + x3 * b4 + x4 * b3;
    const d3 = x0 * a3 + x1 * a2 + x2 * a1 + x3 * a0 + x4 * b4;
    const d4 = x0 * a4 + x1 * a3 + x2 * a2 + x3 * a1 + x4 * a0;
    // Two chains of carries at once; limbs may keep a bit too many, which the next products bear.
    const e1 = d1 + (d0 >> 26);
    const e4 = d4 + (d3 >> 26);
    const e2 = d2 + (e1 >> 26);
    const e0 = (d0 & MASK) + (e4 >> 26) * 5;
    const e3 = (d3 & MASK) + (e2 >> 26);
    x0 = e0 & MASK;
    x1 = (e1 & MASK) + (e0 >> 26);
    x2 = e2 & MASK;
    x3 = e3 & MASK;
    x4 = (e4 & MASK) + (e3 >> 26);
  }
  h0 = x0;
  h1 = x1;
  h2 = x2;
  h3 = x3;
  h4 = x4;
}

/** Ends the message and writes its 16 bytes of tag to `tag`. */
export function polyEnd(tag: usize): void {
  // Carried through, so that each limb has at most 26 bits.
  let c = h1 >> 26;
  h1 &= MASK;
  h2 += c;
  c = h2 >> 26;
  h2 &= MASK;
  h3 += c;
  c = h3 >> 26;
  h3 &= MASK;
  h4 += c;
  c = h4 >> 26;
  h4 &= MASK;
  h0 += c * 5;
  c = h0 >> 26;
  h0 &= MASK;
  h1 += c;
  // h − p, taken where it is not negative, without a branch on the secret.
  let g0 = h0 + 5;
  c = g0 >> 26;
  g0 &= MASK;
  let g1 = h1 + c;
  c = g1 >> 26;
  g1 &= MASK;
  let g2 = h2 + c;
  c = g2 >> 26;
  g2 &= MASK;
  let g3 = h3 + c;
  c = g3 >> 26;
  g3 &= MASK;
  const g4 = h4 + c - (1 << 26);
  const isLess = <u64>(<i64>g4 >> 63);
  const f0 = (h0 & isLess) | (g0 & ~isLess);
  const f1 = (h1 & isLess) | (g1 & ~isLess);
  const f2 = (h2 & isLess) | (g2 & ~isLess);
  const f3 = (h3 & isLess) | (g3 & ~isLess);
  const f4 = (h4 & isLess) | (g4 & ~isLess);
  const low = f0 | (f1 << 26) | (f2 << 52);
  const high = (f2 >> 12) | (f3 << 14) | (f4 << 40);
  const sum = low + s0;
  store<u64>(tag, sum);
  store<u64>(tag, high + s1 + (sum < low ? 1 : 0), 8);
}
