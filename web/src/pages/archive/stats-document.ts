/** What `stats --json` prints; bytes, and null where it is not known. */
export interface StatsDocument {
  readonly layout: 'repository' | 'plain';
  readonly togetherBytes: number;
  readonly togetherStoredBytes: number;
  /** One sentence each; where there are any, the figures are not exact. */
  readonly troubles: readonly string[];
  readonly snapshots: readonly {
    readonly id: string;
    readonly logicalBytes: number;
    readonly aloneBytes: number | null;
    readonly aloneStoredBytes: number | null;
    readonly addedBytes: number | null;
    readonly addedStoredBytes: number | null;
  }[];
}
