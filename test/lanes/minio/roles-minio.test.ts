import { after, before } from 'node:test';

import { describeMonths } from '../../contracts/months.ts';
import { describeRoles, type RolesPlace } from '../../contracts/roles.ts';
import { type MinioWithUsers, startMinioWithUsers } from '../../harness/minio-users.ts';

let server: MinioWithUsers;
before(async () => {
  server = await startMinioWithUsers({ lockedBuckets: ['locked'] });
});
after(() => server[Symbol.asyncDispose]());

for (const layout of ['repository', 'plain'] as const) {
  describeRoles('MinIO', layout, place, { knowsConditions: true });
  describeMonths('MinIO', layout, place);
}

async function place(): Promise<RolesPlace> {
  return {
    server,
    bucket: 'locked',
    users: async ({ writer, reader, pruner }) => ({
      writer: await server.userWith(writer),
      reader: await server.userWith(reader),
      pruner: await server.userWith(pruner),
    }),
  };
}
