import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string;
  readonly content: Uint8Array;
  /** Stored as it is instead of deflated. */
  readonly isStored?: boolean;
  /** CRC-32 and sizes after the content, as Java's ZipOutputStream writes them. */
  readonly isStreamed?: boolean;
}

/** A zip of these members, byte for byte as APPNOTE.TXT 4.3 has it, without parts of 64 bits. */
export function makeZip(members: readonly ZipMember[], comment = ''): Buffer {
  const locals: Buffer[] = [];
  const lines: Buffer[] = [];
  let offset = 0;
  for (const member of members) {
    const local = localPart(member);
    lines.push(directoryLine(member, offset));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(lines);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment, 'latin1')]);
}

function localPart(member: ZipMember): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  const sums = member.isStreamed === true ? Buffer.alloc(12) : sumsOf(member);
  fields(member).copy(header, 6);
  sums.copy(header, 14);
  header.writeUInt16LE(Buffer.byteLength(member.name), 26);
  const signature = Buffer.from('504b0708', 'hex');
  return Buffer.concat([
    header,
    Buffer.from(member.name),
    packed(member),
    ...(member.isStreamed === true ? [signature, sumsOf(member)] : []),
  ]);
}

function directoryLine(member: ZipMember, offset: number): Buffer {
  const line = Buffer.alloc(46);
  line.writeUInt32LE(0x02014b50, 0);
  line.writeUInt16LE(20, 4);
  line.writeUInt16LE(20, 6);
  fields(member).copy(line, 8);
  sumsOf(member).copy(line, 16);
  line.writeUInt16LE(Buffer.byteLength(member.name), 28);
  line.writeUInt32LE(offset, 42);
  return Buffer.concat([line, Buffer.from(member.name)]);
}

/** Flags and method. */
function fields({ isStored, isStreamed }: ZipMember): Buffer {
  return Buffer.from([isStreamed === true ? 8 : 0, 8, isStored === true ? 0 : 8, 0]);
}

/** CRC-32, packed size, size. */
function sumsOf(member: ZipMember): Buffer {
  const sums = Buffer.alloc(12);
  sums.writeUInt32LE(crc32(member.content), 0);
  sums.writeUInt32LE(packed(member).length, 4);
  sums.writeUInt32LE(member.content.length, 8);
  return sums;
}

function packed({ content, isStored }: ZipMember): Buffer {
  return isStored === true ? Buffer.from(content) : deflateRawSync(content);
}
