import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AddRequest, Attribute, Change, DeleteRequest, ModifyDNRequest, ModifyRequest } from 'ldapts';
import type { ChangeRecord } from '../../domain/change-record.ts';
import { encodeBer } from '../ber.ts';
import { decodeResults, encodeRequest } from './change-messages.ts';

suite('encodeRequest()', () => {
  const photo = Buffer.from([0, 1, 0xff, 0x80]);
  const cases: readonly [ChangeRecord, { write(): Buffer }][] = [
    [
      {
        kind: 'add',
        dn: 'cn=Müller',
        attributes: [
          { name: 'cn', values: [Buffer.from('Müller'), Buffer.from('')] },
          { name: 'jpegPhoto', values: [photo] },
        ],
      },
      new AddRequest({
        messageId: 70_000,
        dn: 'cn=Müller',
        attributes: [new Attribute({ type: 'cn', values: ['Müller', ''] }), new Attribute({ type: 'jpegPhoto', values: [photo] })],
      }),
    ],
    [{ kind: 'delete', dn: 'cn=Müller' }, new DeleteRequest({ messageId: 70_000, dn: 'cn=Müller' })],
    [
      {
        kind: 'modify',
        dn: 'cn=a',
        changes: [
          { op: 'delete', name: 'l', values: [Buffer.from('x')] },
          { op: 'replace', name: 'jpegPhoto', values: [photo] },
        ],
      },
      new ModifyRequest({
        messageId: 70_000,
        dn: 'cn=a',
        changes: [
          new Change({ operation: 'delete', modification: new Attribute({ type: 'l', values: ['x'] }) }),
          new Change({ operation: 'replace', modification: new Attribute({ type: 'jpegPhoto', values: [photo] }) }),
        ],
      }),
    ],
    [
      { kind: 'rename', dn: 'cn=a,o=x', newRdn: 'cn=b', isOldRdnDeleted: false, newParent: 'o=y' },
      new ModifyDNRequest({ messageId: 70_000, dn: 'cn=a,o=x', newRdn: 'cn=b', deleteOldRdn: false, newSuperior: 'o=y' }),
    ],
  ];
  for (const [change, theirs] of cases) {
    test(`${change.kind}: the bytes that ldapts writes`, () => {
      assert.equal(minimal(encodeRequest(70_000, change, [])).toString('hex'), minimal(theirs.write()).toString('hex'));
    });
  }

  test('a control says its criticality only where it is critical', () => {
    const request = encodeRequest(1, { kind: 'delete', dn: 'o=x' }, [
      { oid: '1.2', isCritical: false },
      { oid: '1.3', isCritical: true, value: Buffer.from([7]) },
    ]);
    assert.equal(request.toString('hex'), '301e0201014a036f3d78a01430050403312e32300b0403312e330101ff040107');
  });
});

suite('decodeResults()', () => {
  const answer = (id: number, code: number, text: string): Buffer => {
    const result = Buffer.concat([encodeBer(10, Buffer.from([code])), encodeBer(4, Buffer.alloc(0)), encodeBer(4, Buffer.from(text))]);
    return encodeBer(0x30, Buffer.concat([encodeBer(2, Buffer.from([id])), encodeBer(0x69, result)]));
  };

  test('reads whole answers and leaves what is cut off', () => {
    const bytes = Buffer.concat([answer(1, 0, ''), answer(2, 65, 'nein, ä')]);
    for (let end = 0; end <= bytes.length; end += 1) {
      const { results, rest } = decodeResults(bytes.subarray(0, end));
      const whole = end === bytes.length ? 2 : end >= answer(1, 0, '').length ? 1 : 0;
      assert.equal(results.length, whole, `${end} bytes`);
      assert.deepEqual(Buffer.concat([bytes.subarray(0, end - rest.length), rest]), bytes.subarray(0, end));
    }
    assert.deepEqual(decodeResults(bytes).results, [
      { id: 1, code: 0, text: '' },
      { id: 2, code: 65, text: 'nein, ä' },
    ]);
  });
});

/** With lengths as short as they can be: ldapts writes some longer. */
function minimal(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes.readUInt8(at);
    const first = bytes.readUInt8(at + 1);
    const more = first < 0x80 ? 0 : first - 0x80;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    const content = bytes.subarray(at + 2 + more, at + 2 + more + length);
    const isPrimitive = (tag & 0x20) === 0;
    parts.push(encodeBer(tag, isPrimitive ? content : minimal(content)));
    at += 2 + more + length;
  }
  return Buffer.concat(parts);
}
