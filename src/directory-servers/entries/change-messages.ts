import type { NamedValues, ChangeRecord } from '../../domain/change-record.ts';
import { decodeBer, encodeBer } from '../ber.ts';
import type { LdapResult } from './refusal.ts';

/** A control of a request (RFC 4511, 4.1.11). */
export interface RequestControl {
  readonly oid: string;
  readonly isCritical: boolean;
  readonly value?: Buffer | undefined;
}

const tags = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
  unbindRequest: 0x42,
  modifyRequest: 0x66,
  addRequest: 0x68,
  deleteRequest: 0x4a,
  renameRequest: 0x6c,
  newParent: 0x80,
  controls: 0xa0,
} as const;

/** The whole message of a change: LDAPMessage { messageID, protocolOp, controls } (RFC 4511). */
export function encodeRequest(id: number, change: ChangeRecord, controls: readonly RequestControl[]): Buffer {
  const parts = [encodeInteger(id), encodeOperation(change)];
  if (controls.length > 0) parts.push(encodeBer(tags.controls, Buffer.concat(controls.map(encodeControl))));
  return encodeBer(tags.sequence, Buffer.concat(parts));
}

export function encodeUnbind(id: number): Buffer {
  return encodeBer(tags.sequence, Buffer.concat([encodeInteger(id), encodeBer(tags.unbindRequest, Buffer.alloc(0))]));
}

function encodeOperation(change: ChangeRecord): Buffer {
  switch (change.kind) {
    case 'add':
      return encodeBer(tags.addRequest, Buffer.concat([encodeText(change.dn), sequenceOf(change.attributes.map(encodeAttribute))]));
    case 'delete':
      return encodeBer(tags.deleteRequest, Buffer.from(change.dn, 'utf8'));
    case 'modify': {
      const changes = change.changes.map((one) =>
        encodeBer(tags.sequence, Buffer.concat([encodeBer(tags.enumerated, Buffer.from([operations[one.op]])), encodeAttribute(one)])),
      );
      return encodeBer(tags.modifyRequest, Buffer.concat([encodeText(change.dn), sequenceOf(changes)]));
    }
    case 'rename': {
      const parts = [encodeText(change.dn), encodeText(change.newRdn), encodeBoolean(change.isOldRdnDeleted)];
      if (change.newParent !== undefined) parts.push(encodeBer(tags.newParent, Buffer.from(change.newParent, 'utf8')));
      return encodeBer(tags.renameRequest, Buffer.concat(parts));
    }
  }
}

const operations = { add: 0, delete: 1, replace: 2 } as const;

function encodeAttribute({ name, values }: NamedValues): Buffer {
  const set = encodeBer(tags.set, Buffer.concat(values.map((value) => encodeBer(tags.octets, asBuffer(value)))));
  return encodeBer(tags.sequence, Buffer.concat([encodeText(name), set]));
}

function encodeControl({ oid, isCritical, value }: RequestControl): Buffer {
  const parts = [encodeText(oid)];
  if (isCritical) parts.push(encodeBoolean(true));
  if (value !== undefined) parts.push(encodeBer(tags.octets, value));
  return sequenceOf(parts);
}

function sequenceOf(parts: readonly Buffer[]): Buffer {
  return encodeBer(tags.sequence, Buffer.concat(parts));
}

function encodeText(text: string): Buffer {
  return encodeBer(tags.octets, Buffer.from(text, 'utf8'));
}

function encodeBoolean(isTrue: boolean): Buffer {
  return encodeBer(tags.boolean, Buffer.from([isTrue ? 0xff : 0]));
}

function encodeInteger(value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(value, 1);
  let from = 0;
  // The shortest form whose first bit, which is the sign, is not set.
  while (from < 4 && bytes[from] === 0 && (bytes[from + 1] ?? 0) < 0x80) from += 1;
  return encodeBer(tags.integer, bytes.subarray(from));
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** An answer; ID 0 is the server's notice that it ends the connection. */
export interface ReceivedResult extends LdapResult {
  readonly id: number;
}

/** The answers that are whole in `received`, and what is left of it. */
export function decodeResults(received: Buffer): { readonly results: readonly ReceivedResult[]; readonly rest: Buffer } {
  const { elements, rest } = decodeBer(received);
  const results: ReceivedResult[] = [];
  for (const message of elements) {
    const [id, response] = decodeBer(message.content).elements;
    if (id === undefined || response === undefined) continue;
    const [code, , words] = decodeBer(response.content).elements;
    results.push({
      id: readInteger(id.content),
      code: code === undefined ? unreadable : readInteger(code.content),
      text: words?.content.toString('utf8') ?? '',
    });
  }
  return { results, rest: received.subarray(received.length - rest) };
}

const unreadable = 80;

function readInteger(content: Buffer): number {
  return content.length === 0 || content.length > 5 ? 0 : content.readUIntBE(0, content.length);
}
