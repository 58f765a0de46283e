import { z } from 'zod';
import { pinSealSchema } from './pin-seal.ts';
import { isServerName } from './server-name.ts';

const insideRule = 'must be a relative path that stays inside the set';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** How many entries a base DN had when its backup began, and when it ended where writers changed that meanwhile. */
const baseDnCountSchema = z.object({
  dn: z.string(),
  entries: z.number().int().nonnegative().optional(),
  entriesAfter: z.number().int().nonnegative().optional(),
  /** Of a replicated base DN: what all replicas of the same initial data have in common. */
  generationId: z.string().optional(),
  /** Of a replicated base DN: the newest change of each replica that was in it when its backup began, as the server writes them (`ds-sync-state`). */
  changelogPosition: z.array(z.string()).optional(),
});

/** The server's LDIF of all entries of a backend, made right after its backup: what a restored server is compared with. */
const exportSchema = z.object({
  /** Relative to the set; one of its `files`. */
  path: z.string().refine(isPathInside, insideRule),
  entries: z.number().int().nonnegative(),
  /** Over all entries, as `entry-digest.ts` makes it: the number of its rule, `-`, 64 hexadecimal digits. */
  digest: z.string().regex(/^\d+-[0-9a-f]{64}$/),
  /** Which part of it has which entry (`docs/design/entry-index-format.md`); relative to the set, one of its `files`. Sets of older programs have none. */
  index: z.string().refine(isPathInside, insideRule).optional(),
  /** RFC 3339, UTC, by the server's clock where it tells: from before the backup was begun until after the export had ended. What was written in between may be in one and not in the other. */
  began: z.iso.datetime(),
  ended: z.iso.datetime(),
});

/** A member of a zip, as the zip's own directory says (APPNOTE.TXT 4.3.12). */
const memberSchema = z.object({
  name: z.string(),
  /** Where its content begins in the file, and how much of the file it takes. */
  at: z.number().int().nonnegative(),
  storedBytes: z.number().int().positive(),
  isDeflated: z.boolean(),
  /** Of the content itself, inflated. */
  bytes: z.number().int().nonnegative(),
  crc32: z.number().int().min(0).max(0xffff_ffff),
});

const backendSchema = z.object({
  id: z.string().min(1),
  role: z.enum(['user', 'schema', 'config', 'encryption-settings', 'server']),
  /** The ID inside its `backup.info`; what a restore task is asked for. */
  backupId: z.string().min(1),
  /** Relative to the set: `userRoot`, or `.` where an archived folder is the backend's own. */
  folder: z.string().refine((folder) => folder === '.' || isPathInside(folder), insideRule),
  baseDns: z.array(baseDnCountSchema),
  isEncrypted: z.boolean(),
  isCompressed: z.boolean(),
  export: exportSchema.optional(),
  /** ID of the key that the backup is encrypted with, where it tells. */
  keyId: z.string().optional(),
  /** True: the server keeps its entries encrypted, in a backup that is not encrypted too (OpenDJ's confidentiality). */
  isConfidential: z.boolean().optional(),
  /** PingDirectory's backup compatibility descriptor of the backend, in Base64; only a server knows what it means. */
  compatibility: z.base64().optional(),
});

/**
 * What a backup set holds and how it was made: the document that makes a set complete. It is written after every file it names;
 * a set without one is an unfinished set. Version 1.
 */
export const manifestSchema = z.object({
  version: z.literal(1),
  /** `20261123104646Z`, unique per server. */
  backupId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
  /** RFC 3339, UTC: when the run began. */
  time: z.iso.datetime(),
  /** The name the archive keeps this server's sets under. */
  server: z.string().refine(isServerName, 'must be a server name'),
  /** What made it: `backup` ran the server's backup, `archive` took a folder that was there. */
  origin: z.enum(['backup', 'archive']),
  program: z.string(),
  /** Absent for `archive`, which speaks to no server. */
  source: z
    .object({
      product: z.enum(['PingDirectory', 'OpenDJ']),
      vendorVersion: z.string(),
      version: z.string(),
      instanceName: z.string().optional(),
      location: z.string(),
      via: z.enum(['ldap', 'tools']),
      /** IDs of the keys the server had for what it encrypts: PingDirectory's encryption-settings definitions, OpenDJ's cipher keys. Absent: not told. */
      keyIds: z.array(z.string()).optional(),
    })
    .optional(),
  backends: z.array(backendSchema),
  /** Relative path of the encryption-settings export, where the set has one. */
  encryptionSettings: z.string().refine(isPathInside, insideRule).optional(),
  /** By which it can be told whether a pin is the one that sealed that export. */
  encryptionPin: pinSealSchema.optional(),
  /** Relative path of the server's configuration as LDIF, where the server cannot back it up as a backend. */
  configuration: z.string().optional(),
  /** Every file of the set except the manifest itself, by path. */
  files: z.array(
    z.object({
      path: z.string().refine(isPathInside, insideRule),
      bytes: z.number().int().nonnegative(),
      /** Of the whole. Absent for sets that `aws s3 sync` left, and where there are {@link pieces}; a stored manifest always has one of the two. */
      sha256: sha256Schema.optional(),
      /** In place of one hash over all, which no two cores can share: the lengths of the pieces that were hashed, and the SHA-256 of their SHA-256s in a row. */
      pieces: z.object({ bytes: z.array(z.number().int().positive()), sha256: sha256Schema }).optional(),
      /** Of a zip its large members, in the order of their places: by them the next backup knows what has not changed. */
      members: z.array(memberSchema).optional(),
    }),
  ),
  /**
   * Files that this set had and that were lost in the archive: what is here is the rest of it, and never a set to rely on. `files` and `backends` name only
   * what is whole.
   */
  lost: z.array(z.string()).optional(),
  /** Of a rest: backends whose database files were lost and whose export is whole. */
  exportsOnly: z.array(backendSchema).optional(),
  /** Why this set looks wrong beside its predecessors; kept, shown, and not counted by retention. */
  suspicions: z.array(z.string()).optional(),
});

/** Tells whether `path` is relative, `/`-separated and has no empty, `.` or `..` segment: nothing written by it leaves its folder. */
export function isPathInside(path: string): boolean {
  return (
    path !== '' && !path.includes('\0') && !path.includes('\\') && path.split('/').every((segment) => !['', '.', '..'].includes(segment))
  );
}

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = Manifest['files'][number];
export type ZipMember = z.infer<typeof memberSchema>;
export type ManifestExport = z.infer<typeof exportSchema>;
export type ManifestBackend = Manifest['backends'][number];

/** Where the manifest lies inside a set. */
export const manifestName = 'manifest.json';

/** The sum of the sizes of a set's files. */
export function bytesOf(manifest: Manifest): number {
  return manifest.files.reduce((sum, file) => sum + file.bytes, 0);
}

/** The manifest as it is stored: JSON for people and machines, with a final newline. */
export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/**
 * Reads a stored manifest. Returns the reason in one clause where it is not one, so that the caller's sentence can name the place.
 */
export function decodeManifest(text: string): Manifest | { readonly invalid: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { invalid: 'it is not JSON' };
  }
  const parsed = manifestSchema.safeParse(document);
  if (!parsed.success) return { invalid: z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, '; ') };
  const invalid = faultOfFiles(parsed.data.files);
  return invalid === undefined ? parsed.data : { invalid };
}

function faultOfFiles(files: readonly ManifestFile[]): string | undefined {
  const unhashed = files.find((file) => file.sha256 === undefined && file.pieces === undefined);
  if (unhashed !== undefined) return `it has no SHA-256 of "${unhashed.path}"`;
  const unfit = files.find((file) => file.pieces !== undefined && file.pieces.bytes.reduce((sum, piece) => sum + piece, 0) !== file.bytes);
  if (unfit !== undefined) return `the pieces of "${unfit.path}" are not as long as it`;
  const paths = new Set([manifestName]);
  const again = files.find((file) => paths.size === paths.add(file.path).size);
  return again === undefined ? undefined : `it names "${again.path}" twice`;
}
