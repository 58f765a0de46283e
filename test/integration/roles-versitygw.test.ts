import { after, before } from 'node:test';

import { describeMonths } from '../contracts/months.ts';
import { describeRoles, type RolesPlace } from '../contracts/roles.ts';
import { type VersitygwServer, startVersitygw } from '../harness/versitygw.ts';

let server: VersitygwServer;
before(async () => {
  server = await startVersitygw({ lockedBuckets: ['repository', 'plain', 'months-repository', 'months-plain'] });
});
after(() => server[Symbol.asyncDispose]());

for (const layout of ['repository', 'plain'] as const) {
  describeRoles('versitygw', layout, () => place(layout));
  describeMonths('versitygw', layout, () => place(`months-${layout}`));
}

async function place(bucket: string): Promise<RolesPlace> {
  return {
    server,
    bucket,
    users: async ({ writer, reader, pruner }) => {
      const named = { writer: `${bucket}-writer`, reader: `${bucket}-reader`, pruner: `${bucket}-pruner` };
      const rights = { [named.writer]: writer.Statement, [named.reader]: reader.Statement, [named.pruner]: pruner.Statement };
      const users = new Map(Object.entries(await server.addUsers(bucket, rights)));
      const userOf = (name: string) => users.get(name) ?? { accessKeyId: name, secretAccessKey: 'unknown' };
      return { writer: userOf(named.writer), reader: userOf(named.reader), pruner: userOf(named.pruner) };
    },
  };
}
