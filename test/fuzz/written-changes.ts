import { type ChangeRecord, encodeChanges, type Modification, type NamedValues } from '../../src/domain/change-record.ts';
import type { Random } from './random.ts';

const names = [
  'objectClass',
  'cn',
  'description;lang-de',
  'jpegPhoto',
  'userPassword',
  'uniqueMember',
  '2.5.4.3',
  'x-own_1',
  'changetype',
  'dn',
  'add',
];
const inDns = Array.from('abc019 ,+=\\#"<>äé東😀');
const safe = 'abcXYZ019 :<#=,+-/\\"';
const any = `${safe}\n\r\0\u0001\u007f\u0080\u00c3\u00a4\u00ff `;

export function meantChanges(random: Random): ChangeRecord[] {
  return Array.from({ length: random.few(4) }, (): ChangeRecord => {
    const dn = meantDn(random);
    switch (random.below(4)) {
      case 0:
        return { kind: 'add', dn, attributes: attributes(random) };
      case 1:
        return { kind: 'delete', dn };
      case 2:
        return { kind: 'modify', dn, changes: Array.from({ length: 1 + random.few(3) }, () => modification(random)) };
      default:
        return {
          kind: 'rename',
          dn,
          newRdn: meantDn(random) || 'cn=a',
          isOldRdnDeleted: random.isOneOf(2),
          ...(random.isOneOf(2) ? { newParent: meantDn(random) || 'dc=x' } : {}),
        };
    }
  });
}

/** As we write them ourselves. */
export function writtenChanges(changes: readonly ChangeRecord[]): string {
  return [
    ...encodeChanges(
      changes.map((change) => ({ change, comments: ['why'] })),
      { areSecretsShown: true },
    ),
  ].join('');
}

function meantDn(random: Random): string {
  return inDns.filter(() => random.isOneOf(3)).join('');
}

function attributes(random: Random): NamedValues[] {
  const chosen = names.filter((name) => name === 'objectClass' || random.isOneOf(3));
  return chosen.map((name) => ({ name, values: Array.from({ length: 1 + random.few(2) }, () => value(random)) }));
}

function modification(random: Random): Modification {
  const op = random.pick(['add', 'delete', 'replace'] as const);
  const least = op === 'add' ? 1 : 0;
  return { op, name: random.pick(names), values: Array.from({ length: least + random.few(2) }, () => value(random)) };
}

function value(random: Random): Uint8Array {
  const text = random.isOneOf(30) ? random.text(any, 400) : random.text(random.isOneOf(2) ? safe : any, 12);
  return Buffer.from(text, 'latin1');
}
