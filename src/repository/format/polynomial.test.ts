import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { degreeOf, drawPolynomial, isIrreducible } from './polynomial.ts';

test('isIrreducible() finds exactly the irreducible polynomials up to degree 8', () => {
  const found = Array.from({ length: 9 }, (_, degree) => {
    const all = Array.from({ length: 2 ** degree }, (_, low) => BigInt(2 ** degree + low));
    return all.filter(isIrreducible).length;
  });

  // The number of irreducible polynomials over GF(2) of each degree, OEIS A001037.
  assert.deepEqual(found, [0, 2, 1, 2, 3, 6, 9, 18, 30]);
});

test('isIrreducible() takes the polynomials of real repositories and refuses their neighbours', () => {
  // From the format's own description and from repositories that restic 0.19 made.
  for (const real of [0x25b468838dcb75n, 16_765_086_657_403_325n]) {
    assert.equal(isIrreducible(real), true);
    assert.equal(isIrreducible(real ^ 1n), false);
  }
});

test('drawPolynomial() draws irreducible polynomials of degree 53', () => {
  const drawn = Array.from({ length: 5 }, () => drawPolynomial(randomBytes));

  assert.deepEqual(
    drawn.map((polynomial) => [degreeOf(polynomial), isIrreducible(polynomial)]),
    drawn.map(() => [53, true]),
  );
});
