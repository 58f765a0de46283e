import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessPolicy, roles, type PolicyRequest, type Role } from './access-policy.ts';

const place = { bucket: 'backups', prefix: 'directory/', partition: 'aws' } as const;
const objectLock = { mode: 'compliance', days: 14 } as const;

/** What the statements without conditions say of one action on one object or, with an empty key, on the bucket; a denial wins. */
function may(request: Omit<PolicyRequest, 'bucket' | 'prefix' | 'partition'>, action: string, key: string): boolean {
  const arn = key === '' ? 'arn:aws:s3:::backups' : `arn:aws:s3:::backups/${key}`;
  const { Statement } = accessPolicy({ ...place, ...request }).policy;
  const matching = Statement.filter(({ Action, Resource, Condition }) => {
    const isMeant = Resource.some((pattern) => new RegExp(`^${RegExp.escape(pattern).replaceAll('\\*', '.*')}$`).test(arn));
    return Condition === undefined && Action.includes(action) && isMeant;
  });
  return matching.some(({ Effect }) => Effect === 'Allow') && !matching.some(({ Effect }) => Effect === 'Deny');
}

const needed = {
  repository: ['config', 'keys/1', 'data/ab/1', 'index/1', 'snapshots/1'],
  plain: ['.rootcellar/archive.json', 'prod/20261123100000Z/manifest.json', 'prod/20261123100000Z/userRoot/data'],
} as const;

for (const layout of ['repository', 'plain'] as const) {
  test(`accessPolicy() lets only the pruner remove what a snapshot needs (${layout})`, () => {
    for (const role of roles) {
      for (const key of needed[layout].map((name) => `directory/${name}`)) {
        assert.equal(may({ role, layout, objectLock }, 's3:DeleteObject', key), role === 'pruner', `${role} ${key}`);
        assert.equal(may({ role, layout, objectLock }, 's3:DeleteObjectVersion', key), role === 'pruner', `${role} ${key}`);
        assert.equal(may({ role, layout, objectLock }, 's3:GetObject', key), true);
        assert.equal(may({ role, layout, objectLock }, 's3:PutObjectRetention', key), role !== 'reader');
        assert.equal(may({ role, layout, objectLock }, 's3:BypassGovernanceRetention', key), false);
      }
    }
  });

  test(`accessPolicy() gives nobody anything outside of the archive (${layout})`, () => {
    for (const role of roles) {
      const actions = accessPolicy({ ...place, role, layout, objectLock }).policy.Statement.flatMap(({ Action }) => Action);
      for (const action of actions) assert.equal(may({ role, layout, objectLock }, action, 'other/config'), false, action);
      assert.ok(!actions.some((action) => /\*|PutBucket|DeleteBucket|Bypass/.test(action)));
    }
  });
}

test('accessPolicy() lets a writer write packs, index, snapshots and locks, and neither keys nor config', () => {
  const writable = (key: string): boolean => may({ role: 'writer', layout: 'repository' }, 's3:PutObject', `directory/${key}`);

  const asked = ['data/ab/1', 'index/1', 'snapshots/1', 'locks/1', '.rootcellar/leases/prod.json', 'keys/1', 'config'];
  assert.deepEqual(asked.map(writable), [true, true, true, true, true, false, false]);
});

for (const layout of ['repository', 'plain'] as const) {
  test(`accessPolicy() lets who restores keep the report, and remove none (${layout})`, () => {
    const key = 'directory/.rootcellar/reports/1/2.json';

    assert.equal(may({ role: 'reader', layout }, 's3:PutObject', key), true);
    assert.equal(may({ role: 'reader', layout }, 's3:DeleteObject', key), false);
    assert.equal(may({ role: 'reader', layout }, 's3:PutObject', 'directory/snapshots/1'), false);
  });
}

test('accessPolicy() names locks only where objects are locked, and by how much none may be locked longer', () => {
  const without = JSON.stringify(accessPolicy({ ...place, role: 'pruner', layout: 'repository' }));
  const { policy } = accessPolicy({ ...place, role: 'writer', layout: 'repository', objectLock });

  assert.ok(!without.includes('Retention'));
  const denied = policy.Statement.filter(({ Effect }) => Effect === 'Deny');
  assert.deepEqual(
    denied.map(({ Action, Condition }) => ({ Action, Condition })),
    // Of the right that every lock takes, with or after the write; MinIO refuses a policy with this condition on another one.
    [{ Action: ['s3:PutObjectRetention'], Condition: { NumericGreaterThan: { 's3:object-lock-remaining-retention-days': '19' } } }],
  );
});

test('accessPolicy() limits the listing to the prefix, where there is one', () => {
  const listing = (prefix: string) =>
    accessPolicy({ ...place, prefix, role: 'reader', layout: 'plain' }).policy.Statement.filter(({ Action }) =>
      Action.includes('s3:ListBucket'),
    );

  assert.deepEqual(
    listing('directory/').map(({ Condition }) => Condition),
    [{ StringLike: { 's3:prefix': ['directory/', 'directory/*'] } }, { Null: { 's3:prefix': 'true' } }],
  );
  assert.deepEqual(
    listing('').map(({ Condition }) => Condition),
    [undefined],
  );
});

test('accessPolicy() allows the use of a key that is named by its ARN, and says what is missing for another', () => {
  const arn = 'arn:aws:kms:eu-central-1:111122223333:key/example';
  const of = (role: Role, kmsKeyId: string) => accessPolicy({ ...place, role, layout: 'repository', kmsKeyId });
  const used = (role: Role) => of(role, arn).policy.Statement.find(({ Resource }) => Resource.includes(arn))?.Action;

  assert.deepEqual([used('writer'), used('reader')], [['kms:Decrypt', 'kms:GenerateDataKey'], ['kms:Decrypt']]);
  assert.deepEqual(of('writer', arn).remarks, []);
  assert.match(
    of('writer', 'alias/backups').remarks[0] ?? '',
    /^the store encrypts with a key that is not named by its ARN: allow kms:Decrypt and /,
  );
});

test('accessPolicy() keeps to what IAM takes as an inline policy of a user, and gives a reason for each statement', () => {
  for (const role of roles) {
    for (const layout of ['repository', 'plain'] as const) {
      const long = { bucket: 'backups-of-the-directory', prefix: 'directory/prod/', partition: 'aws' };
      const { policy, reasons } = accessPolicy({ ...long, role, layout, objectLock });

      assert.ok(JSON.stringify(policy).length <= 2048, `${role} ${layout}`);
      for (const { Sid } of policy.Statement) {
        assert.match(Sid, /^[A-Za-z0-9]+$/);
        assert.ok((reasons[Sid] ?? '').length > 10, Sid);
      }
    }
  }
});

test('accessPolicy() lets the writer and the pruner pin and unpin, which takes no right to remove, and the reader do neither', () => {
  const key = 'directory/.rootcellar/pins/prod/20261123100000Z';
  for (const layout of ['repository', 'plain'] as const) {
    const allowed = (action: string): readonly boolean[] => roles.map((role) => may({ role, layout }, action, key));
    assert.deepEqual(
      [roles, allowed('s3:PutObject')],
      [
        ['writer', 'reader', 'pruner'],
        [true, false, true],
      ],
    );
    assert.deepEqual(allowed('s3:DeleteObject'), [false, false, true]);
    assert.deepEqual(allowed('s3:GetObject'), [true, true, true]);
  }
});
