/** A polynomial over GF(2): bit i is the coefficient of x^i. */
export type Polynomial = bigint;

const degree = 53;

/**
 * Draws an irreducible polynomial of degree 53, which restic cuts by and without which it refuses a repository. About one draw in 27 is one.
 */
export function drawPolynomial(randomBytes: (count: number) => Uint8Array): Polynomial {
  for (;;) {
    const drawn = Buffer.from(randomBytes(8)).readBigUInt64LE();
    const candidate = (drawn & ((1n << BigInt(degree + 1)) - 1n)) | (1n << BigInt(degree)) | 1n;
    if (isIrreducible(candidate)) return candidate;
  }
}

/** Ben-Or's test: no factor of degree i divides x^(2^i) − x, for any i up to half the degree. */
export function isIrreducible(polynomial: Polynomial): boolean {
  const n = degreeOf(polynomial);
  if (n < 1) return false;
  let power = remainder(2n, polynomial);
  for (let i = 1; i <= n / 2; i += 1) {
    power = squareModulo(power, polynomial);
    if (greatestDivisor(polynomial, power ^ 2n) !== 1n) return false;
  }
  return true;
}

export function degreeOf(polynomial: Polynomial): number {
  return polynomial === 0n ? -1 : polynomial.toString(2).length - 1;
}

function remainder(dividend: Polynomial, divisor: Polynomial): Polynomial {
  const d = degreeOf(divisor);
  let rest = dividend;
  for (let shift = degreeOf(rest) - d; shift >= 0; shift = degreeOf(rest) - d) rest ^= divisor << BigInt(shift);
  return rest;
}

function greatestDivisor(a: Polynomial, b: Polynomial): Polynomial {
  let [larger, smaller] = [a, b];
  while (smaller !== 0n) [larger, smaller] = [smaller, remainder(larger, smaller)];
  return larger;
}

/** Squaring spreads the coefficients: in GF(2) the mixed terms vanish. */
function squareModulo(value: Polynomial, modulus: Polynomial): Polynomial {
  const bits = value.toString(2);
  return remainder(BigInt(`0b${bits.split('').join('0')}`), modulus);
}
