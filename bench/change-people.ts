import { createHash } from 'node:crypto';
import { Attribute, Change } from 'ldapts';
import { mapConcurrently } from '../src/foundation/concurrency.ts';
import type { OpendjServer } from '../test/harness/opendj.ts';

/**
 * Gives a share of the people a new description and telephone number over LDAP. Who is changed is drawn from all of them; the same turn
 * of a directory of the same size changes the same people the same way.
 */
export async function changePeople(
  server: OpendjServer,
  { people, share, turn }: { readonly people: number; readonly share: number; readonly turn: number },
): Promise<void> {
  const client = await server.connect();
  try {
    await mapConcurrently([...drawn(people, Math.ceil(people * share), turn)], 16, async (person) => {
      const text = createHash('sha512').update(`${turn} ${person}`).digest('base64');
      await client.modify(`uid=user.${person},ou=People,${server.baseDn}`, [
        replace('description', `${text}${text.toLowerCase()}`.slice(0, 160)),
        replace('telephoneNumber', `+1 555 ${text.length}${person}`),
      ]);
    });
  } finally {
    await client.unbind();
  }
}

/** So many different numbers below `people`. */
function drawn(people: number, count: number, turn: number): ReadonlySet<number> {
  const chosen = new Set<number>();
  for (let draw = 0; chosen.size < count; draw += 1) {
    chosen.add(createHash('sha256').update(`${turn} ${draw}`).digest().readUInt32LE() % people);
  }
  return chosen;
}

function replace(type: string, value: string): Change {
  return new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) });
}
