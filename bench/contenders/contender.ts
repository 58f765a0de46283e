/** What is measured, in the order in which it is done; see README.md for what each one is. */
export const works = ['first', 'next', 'unchanged', 'again', 'fetch', 'verify', 'forget', 'prune'] as const;
export type Work = (typeof works)[number];

/** Where one contender works in one round: a bucket and a folder that nobody else uses. */
export interface Place {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly bucket: string;
  /** For caches, configurations and passwords; empty at first. */
  readonly home: string;
  /** The folder to archive; the same path for each set, as `backup` stages them, one after another. */
  readonly source: string;
  /** How many snapshots `forget` leaves, the newest ones. */
  readonly keepLast: number;
  /** Where `fetch` writes to; not there yet. */
  readonly fetched: string;
}

export interface Command {
  readonly program: string;
  readonly words: readonly string[];
  /** Besides PATH, HOME and LANG, which is all that is inherited. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** False for what only prepares the work, such as emptying a cache; timed unless told. */
  readonly isTimed?: boolean;
}

/** A program that keeps backups in S3, and its command lines: those that its manual says are fastest. */
export interface Contender {
  readonly name: string;
  /** As the program says it. */
  version(): Promise<string>;
  /** What comes before the first archive, and is not measured: the making of a repository. */
  prepare(place: Place): Promise<readonly Command[]>;
  /** Undefined where it has nothing like it. */
  commands(work: Work, place: Place): readonly Command[] | undefined;
}

/** The credentials as every one of them reads them. */
export function awsEnvironment({
  accessKeyId,
  secretAccessKey,
  region,
}: Pick<Place, 'accessKeyId' | 'secretAccessKey' | 'region'>): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: region, AWS_DEFAULT_REGION: region };
}
