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

/**
 * Takes `length` bytes more; a multiple of 16, but for the last part of a message. `data` must be writable for 16 bytes behind its end,
 * and is left as it was.
 */
export function polyUpdate(data: usize, length: usize): void {
  const fours: usize = length < 256 ? 0 : length & ~(<usize>63);
  if (fours != 0) fourAtOnce(data, fours);
  const whole = length & ~(<usize>15);
  for (let at = data + fours; at < data + whole; at += 16) block(at, 1 << 24);
  const rest = length - whole;
  if (rest == 0) return;
  // The last block: a one behind the message, then zeros.
  const tail = data + whole;
  const keptLow = load<u64>(tail);
  const keptHigh = load<u64>(tail, 8);
  store<u8>(tail + rest, 1);
  for (let i = rest + 1; i < 16; i++) store<u8>(tail + i, 0);
  block(tail, 0);
  store<u64>(tail, keptLow);
  store<u64>(tail, keptHigh, 8);
}

function block(at: usize, top: u64): void {
  const low = load<u64>(at);
  const high = load<u64>(at, 8);
  h0 += low & MASK;
  h1 += (low >> 26) & MASK;
  h2 += ((low >> 52) | (high << 12)) & MASK;
  h3 += (high >> 14) & MASK;
  h4 += (high >> 40) | top;
  multiply();
}

/** h · r */
function multiply(): void {
  const b1 = r1 * 5, b2 = r2 * 5, b3 = r3 * 5, b4 = r4 * 5;
  const d0 = h0 * r0 + h1 * b4 + h2 * b3 + h3 * b2 + h4 * b1;
  const d1 = h0 * r1 + h1 * r0 + h2 * b4 + h3 * b3 + h4 * b2;
  const d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * b4 + h4 * b3;
  const d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * b4;
  const d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0;
  // Two chains of carries at once; limbs may keep a bit too many, which the next products bear.
  const e1 = d1 + (d0 >> 26);
  const e4 = d4 + (d3 >> 26);
  const e2 = d2 + (e1 >> 26);
  const e0 = (d0 & MASK) + (e4 >> 26) * 5;
  const e3 = (d3 & MASK) + (e2 >> 26);
  h0 = e0 & MASK;
  h1 = (e1 & MASK) + (e0 >> 26);
  h2 = e2 & MASK;
  h3 = e3 & MASK;
  h4 = (e4 & MASK) + (e3 >> 26);
}

/**
 * Blocks 0, 4, 8 … in lane 0, blocks 1, 5, 9 … in lane 1, and so on, each lane by Horner's rule with r⁴; at the end the lanes are joined by
 * powers of r. Products are taken of the lower and of the upper two lanes, as they are twice as wide.
 */
function fourAtOnce(data: usize, length: usize): void {
  const x0 = h0, x1 = h1, x2 = h2, x3 = h3, x4 = h4;
  h0 = r0;
  h1 = r1;
  h2 = r2;
  h3 = r3;
  h4 = r4;
  multiply();
  multiply();
  multiply();
  const a0 = i32x4.splat(<i32>h0), a1 = i32x4.splat(<i32>h1), a2 = i32x4.splat(<i32>h2), a3 = i32x4.splat(<i32>h3), a4 = i32x4.splat(<i32>h4);
  const b1 = i32x4.splat(<i32>h1 * 5), b2 = i32x4.splat(<i32>h2 * 5), b3 = i32x4.splat(<i32>h3 * 5), b4 = i32x4.splat(<i32>h4 * 5);
  const mask = i32x4.splat(0x3ffffff);
  const wide = i64x2.splat(0x3ffffff);
  const top = i32x4.splat(1 << 24);
  let g0 = i32x4(<i32>x0, 0, 0, 0), g1 = i32x4(<i32>x1, 0, 0, 0), g2 = i32x4(<i32>x2, 0, 0, 0);
  let g3 = i32x4(<i32>x3, 0, 0, 0), g4 = i32x4(<i32>x4, 0, 0, 0);
  const last = data + length - 64;
  for (let at = data; ; at += 64) {
    // Four blocks, turned so that each vector has the same word of all.
    const p = v128.load(at), q = v128.load(at, 16), s = v128.load(at, 32), t = v128.load(at, 48);
    const pq = v128.shuffle<i32>(p, q, 0, 4, 1, 5), st = v128.shuffle<i32>(s, t, 0, 4, 1, 5);
    const PQ = v128.shuffle<i32>(p, q, 2, 6, 3, 7), ST = v128.shuffle<i32>(s, t, 2, 6, 3, 7);
    const w0 = v128.shuffle<i64>(pq, st, 0, 2), w1 = v128.shuffle<i64>(pq, st, 1, 3);
    const w2 = v128.shuffle<i64>(PQ, ST, 0, 2), w3 = v128.shuffle<i64>(PQ, ST, 1, 3);
    g0 = i32x4.add(g0, v128.and(w0, mask));
    g1 = i32x4.add(g1, v128.and(v128.or(i32x4.shr_u(w0, 26), i32x4.shl(w1, 6)), mask));
    g2 = i32x4.add(g2, v128.and(v128.or(i32x4.shr_u(w1, 20), i32x4.shl(w2, 12)), mask));
    g3 = i32x4.add(g3, v128.and(v128.or(i32x4.shr_u(w2, 14), i32x4.shl(w3, 18)), mask));
    g4 = i32x4.add(g4, v128.or(i32x4.shr_u(w3, 8), top));
    if (at == last) break;
    let d0 = sum(low(g0, a0), low(g1, b4), low(g2, b3), low(g3, b2), low(g4, b1));
    let d1 = sum(low(g0, a1), low(g1, a0), low(g2, b4), low(g3, b3), low(g4, b2));
    let d2 = sum(low(g0, a2), low(g1, a1), low(g2, a0), low(g3, b4), low(g4, b3));
    let d3 = sum(low(g0, a3), low(g1, a2), low(g2, a1), low(g3, a0), low(g4, b4));
    let d4 = sum(low(g0, a4), low(g1, a3), low(g2, a2), low(g3, a1), low(g4, a0));
    let D0 = sum(high(g0, a0), high(g1, b4), high(g2, b3), high(g3, b2), high(g4, b1));
    let D1 = sum(high(g0, a1), high(g1, a0), high(g2, b4), high(g3, b3), high(g4, b2));
    let D2 = sum(high(g0, a2), high(g1, a1), high(g2, a0), high(g3, b4), high(g4, b3));
    let D3 = sum(high(g0, a3), high(g1, a2), high(g2, a1), high(g3, a0), high(g4, b4));
    let D4 = sum(high(g0, a4), high(g1, a3), high(g2, a2), high(g3, a1), high(g4, a0));
    d1 = i64x2.add(d1, i64x2.shr_u(d0, 26));
    D1 = i64x2.add(D1, i64x2.shr_u(D0, 26));
    d4 = i64x2.add(d4, i64x2.shr_u(d3, 26));
    D4 = i64x2.add(D4, i64x2.shr_u(D3, 26));
    d2 = i64x2.add(d2, i64x2.shr_u(d1, 26));
    D2 = i64x2.add(D2, i64x2.shr_u(D1, 26));
    d0 = i64x2.add(v128.and(d0, wide), timesFive(i64x2.shr_u(d4, 26)));
    D0 = i64x2.add(v128.and(D0, wide), timesFive(i64x2.shr_u(D4, 26)));
    d3 = i64x2.add(v128.and(d3, wide), i64x2.shr_u(d2, 26));
    D3 = i64x2.add(v128.and(D3, wide), i64x2.shr_u(D2, 26));
    d1 = i64x2.add(v128.and(d1, wide), i64x2.shr_u(d0, 26));
    D1 = i64x2.add(v128.and(D1, wide), i64x2.shr_u(D0, 26));
    d4 = i64x2.add(v128.and(d4, wide), i64x2.shr_u(d3, 26));
    D4 = i64x2.add(v128.and(D4, wide), i64x2.shr_u(D3, 26));
    g0 = v128.and(narrow(d0, D0), mask);
    g1 = narrow(d1, D1);
    g2 = v128.and(narrow(d2, D2), mask);
    g3 = v128.and(narrow(d3, D3), mask);
    g4 = narrow(d4, D4);
  }
  h0 = h1 = h2 = h3 = h4 = 0;
  join(
    <u32>i32x4.extract_lane(g0, 0),
    <u32>i32x4.extract_lane(g1, 0),
    <u32>i32x4.extract_lane(g2, 0),
    <u32>i32x4.extract_lane(g3, 0),
    <u32>i32x4.extract_lane(g4, 0),
  );
  join(
    <u32>i32x4.extract_lane(g0, 1),
    <u32>i32x4.extract_lane(g1, 1),
    <u32>i32x4.extract_lane(g2, 1),
    <u32>i32x4.extract_lane(g3, 1),
    <u32>i32x4.extract_lane(g4, 1),
  );
  join(
    <u32>i32x4.extract_lane(g0, 2),
    <u32>i32x4.extract_lane(g1, 2),
    <u32>i32x4.extract_lane(g2, 2),
    <u32>i32x4.extract_lane(g3, 2),
    <u32>i32x4.extract_lane(g4, 2),
  );
  join(
    <u32>i32x4.extract_lane(g0, 3),
    <u32>i32x4.extract_lane(g1, 3),
    <u32>i32x4.extract_lane(g2, 3),
    <u32>i32x4.extract_lane(g3, 3),
    <u32>i32x4.extract_lane(g4, 3),
  );
}

/** (h + the given lane) · r */
function join(l0: u64, l1: u64, l2: u64, l3: u64, l4: u64): void {
  h0 += l0;
  h1 += l1;
  h2 += l2;
  h3 += l3;
  h4 += l4;
  multiply();
}

// A decorator of AssemblyScript.
@inline
function low(a: v128, b: v128): v128 {
  return i64x2.extmul_low_i32x4_u(a, b);
}

// A decorator of AssemblyScript.
@inline
function high(a: v128, b: v128): v128 {
  return i64x2.extmul_high_i32x4_u(a, b);
}

// A decorator of AssemblyScript.
@inline
function sum(a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
  return i64x2.add(i64x2.add(i64x2.add(a, b), i64x2.add(c, d)), e);
}

// A decorator of AssemblyScript.
@inline
function timesFive(a: v128): v128 {
  return i64x2.add(a, i64x2.shl(a, 2));
}

// A decorator of AssemblyScript.
@inline
function narrow(lower: v128, upper: v128): v128 {
  return v128.shuffle<i32>(lower, upper, 0, 2, 4, 6);
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
