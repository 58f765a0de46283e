/** What `diff --json` prints; sizes in bytes. */
export interface DiffDocument {
  readonly before: DiffSide;
  readonly after: DiffSide;
  readonly summary: {
    readonly filesAdded: number;
    readonly filesRemoved: number;
    readonly filesChanged: number;
    readonly filesRenamed: number;
    readonly foldersAdded: number;
    readonly foldersRemoved: number;
    readonly newBytes: number;
    readonly goneBytes: number;
    readonly sharedBytes: number;
  };
  /** Only of the layout repository. */
  readonly blobs?: { readonly onlyBefore: BlobTotals; readonly onlyAfter: BlobTotals; readonly both: BlobTotals };
  readonly changes: readonly DiffChange[];
  readonly damages: readonly { readonly path: string; readonly finding: string }[];
}

interface DiffSide {
  readonly id: string;
  readonly time: string;
  readonly server: string;
  readonly bytes: number;
}

interface BlobTotals {
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  readonly bytes: number;
  readonly storedBytes: number;
}

export interface DiffChange {
  readonly change: 'added' | 'removed' | 'content' | 'renamed' | 'type' | 'facts';
  readonly path: string;
  readonly pathBefore?: string;
  readonly type: 'file' | 'folder' | 'other';
  readonly bytesBefore?: number;
  readonly bytesAfter?: number;
  readonly newBytes: number;
  readonly goneBytes: number;
}
