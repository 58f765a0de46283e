import { decodeJsonObject, encodeGoJson } from './go-json.ts';
import { quoteName, unquoteName } from './go-quote.ts';
import { decodeMoment, encodeMoment, type Moment } from './go-time.ts';
import { isId, type Id } from './hex-id.ts';
import { damaged, shortened } from './repository-failures.ts';

/** An entry of a folder, as far as we use it. */
export interface TreeNode {
  /** The bytes of the name; not always UTF-8. */
  readonly name: Buffer;
  readonly type: 'file' | 'dir' | 'symlink' | 'dev' | 'chardev' | 'fifo' | 'socket' | 'irregular' | '';
  /** Go's mode bits; the lowest nine are Unix permissions. */
  readonly mode: number;
  readonly modifiedAt: Moment;
  /** Of a file. */
  readonly size: number;
  readonly content: readonly Id[];
  /** Of a folder. */
  readonly subtree?: Id | undefined;
  /** Of a symbolic link; never followed. */
  readonly linkTarget?: string | undefined;
}

const goDirectory = 2 ** 31;

/** The JSON of a folder whose ID is its SHA-256. `nodes` may come in any order; a name that comes twice is a bug. */
export function encodeTree(nodes: readonly TreeNode[]): Buffer {
  const sorted = nodes.toSorted((a, b) => Buffer.compare(a.name, b.name));
  sorted.forEach((node, index) => {
    if (sorted[index - 1]?.name.equals(node.name) === true) throw new Error(`the name "${node.name.toString()}" is twice in a tree`);
  });
  return Buffer.from(`{"nodes":[${sorted.map((node) => encodeGoJson(encodeNode(node))).join(',')}]}\n`);
}

/** A node as it is written. */
export function encodeNode({ name, type, mode, modifiedAt, size, content, subtree }: TreeNode): Record<string, unknown> {
  const time = encodeMoment(modifiedAt);
  const fullMode = type === 'dir' ? goDirectory + (mode & 0o777) : mode & 0o777;
  return {
    name: quoteName(name),
    type,
    mode: fullMode === 0 ? undefined : fullMode,
    mtime: time,
    atime: time,
    ctime: time,
    uid: 0,
    gid: 0,
    size: type === 'file' && size > 0 ? size : undefined,
    content: type === 'file' ? content : null,
    subtree,
  };
}

/** Reads a tree that any program wrote. @throws Failure E_REPOSITORY_DAMAGED for what is none, or has a name that leads elsewhere */
export function decodeTree(bytes: Uint8Array, treeId: Id): TreeNode[] {
  const what = `tree ${shortened(treeId)}`;
  const nodes = decodeJsonObject(Buffer.from(bytes).toString('utf8'))?.['nodes'];
  if (nodes === null) return [];
  if (!Array.isArray(nodes)) throw damaged(what, 'it is no tree');
  return nodes.map((node: unknown) => decodeNode((node ?? {}) as Record<string, unknown>, what));
}

function decodeNode(fields: Record<string, unknown>, what: string): TreeNode {
  const { name: quoted, type, mode = 0, mtime, size = 0, content, subtree, linktarget } = fields;
  const name = typeof quoted === 'string' ? unquoteName(quoted) : undefined;
  if (name === undefined || isUnsafe(name)) throw damaged(what, `it has the name ${JSON.stringify(quoted)}`);
  const listed: readonly unknown[] = Array.isArray(content) ? content : [];
  if (!listed.every((id): id is Id => typeof id === 'string' && isId(id)))
    throw damaged(what, `"${name.toString()}" has impossible content`);
  if (typeof size !== 'number' || (subtree !== undefined && !(typeof subtree === 'string' && isId(subtree)))) {
    throw damaged(what, `"${name.toString()}" has impossible facts`);
  }
  const modifiedAt = (typeof mtime === 'string' ? decodeMoment(mtime) : undefined) ?? { milliseconds: 0, nanoseconds: 0 };
  return {
    name,
    type: typeOf(type),
    mode: typeof mode === 'number' ? mode : 0,
    modifiedAt,
    size,
    content: listed,
    subtree,
    ...linkTargetOf(linktarget),
  };
}

function linkTargetOf(value: unknown): Pick<TreeNode, 'linkTarget'> {
  return typeof value === 'string' ? { linkTarget: value } : {};
}

/** A name that would lead out of its folder must never reach a file system. */
function isUnsafe(name: Buffer): boolean {
  const text = name.toString('latin1');
  return text === '' || text === '.' || text === '..' || text.includes('/') || text.includes('\0');
}

const nodeTypes = ['file', 'dir', 'symlink', 'dev', 'chardev', 'fifo', 'socket', 'irregular'] as const;

function typeOf(type: unknown): TreeNode['type'] {
  return nodeTypes.find((known) => known === type) ?? '';
}
