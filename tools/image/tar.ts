export interface TarEntry {
  /** Relative, with `/`. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link';
  readonly mode: number;
  /** Of a file's content, which follows the header, padded; 0 otherwise. */
  readonly size: number;
  readonly epochSeconds: number;
  /** Of a link. */
  readonly target?: string;
}

const block = 512;
const typeFlags = { file: '0', link: '2', folder: '5' } as const;

/** What ends an archive. */
export const tarEnd = Buffer.alloc(2 * block);

/** The header of an entry of owner 0 and group 0 (POSIX.1-2001: ustar, with a pax record before it for a name that is too long). */
export function tarHeader(entry: TarEntry): Buffer {
  const name = entry.type === 'folder' ? `${entry.path}/` : entry.path;
  const records = [
    ...(Buffer.byteLength(name) > 100 ? [paxRecord('path', name)] : []),
    ...(Buffer.byteLength(entry.target ?? '') > 100 ? [paxRecord('linkpath', entry.target ?? '')] : []),
  ].join('');
  const own = ustar({ ...entry, path: name, flag: typeFlags[entry.type] });
  if (records === '') return own;
  const body = Buffer.from(records);
  const pax = ustar({ ...entry, path: 'pax', target: '', size: body.length, flag: 'x' });
  return Buffer.concat([pax, body, tarPadding(body.length), own]);
}

/** What fills the last block of a content of so many bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((block - (size % block)) % block);
}

function ustar({ path, mode, size, epochSeconds, target = '', flag }: TarEntry & { readonly flag: string }): Buffer {
  const header = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void =>
    void header.write(value.toString(8).padStart(length - 1, '0'), at, length - 1, 'ascii');
  header.write(path, 0, 100, 'utf8');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(epochSeconds, 136, 12);
  header.write('        ', 148, 'ascii');
  header.write(flag, 156, 'ascii');
  header.write(target, 157, 100, 'utf8');
  header.write('ustar\u000000', 257, 'ascii');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'ascii');
  return header;
}

/** The record's length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (`${length}`.length + bytes !== length) length = `${length}`.length + bytes;
  return `${length}${rest}`;
}
