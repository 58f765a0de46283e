import assert from 'node:assert/strict';
import { hkdfSync, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { cuttingKey, cuttingKeyBytes, gearTable, gearTableBytes } from './gear-table.ts';
import { joinKeyMaterial, keyMaterialFrom } from './key-material.ts';

test('gearTable() of cuttingKey() is HKDF-SHA256 of the master keys with the ID as salt', () => {
  const keys = keyMaterialFrom(randomBytes(64));
  const id = randomBytes(32).toString('hex');

  const cutting = cuttingKey(keys, id);

  assert.equal(cutting.length, cuttingKeyBytes);
  const whole = hkdfSync('sha256', joinKeyMaterial(keys), Buffer.from(id, 'hex'), 'rootcellar gear 1', gearTableBytes);
  assert.deepEqual(Buffer.from(gearTable(cutting)), Buffer.from(whole));
});
