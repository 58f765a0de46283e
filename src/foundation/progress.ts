/** What a long operation tells while it runs. Plain data, so that a terminal, a log and an API can each show it. */
export type ProgressEvent =
  | { readonly kind: 'begin'; readonly step: string; readonly total?: number | undefined; readonly unit?: ProgressUnit | undefined }
  /** `done` is the sum since `begin`, never a difference. */
  | { readonly kind: 'advance'; readonly step: string; readonly done: number; readonly total?: number | undefined }
  /** `isBad`: the step came to its end and found what must not be. */
  | { readonly kind: 'end'; readonly step: string; readonly note?: string | undefined; readonly isBad?: boolean | undefined }
  /** What lies ahead, told once it is decided. The stages are entered in this order; one that is not needed is passed over. */
  | { readonly kind: 'plan'; readonly stages: readonly PlannedStage[] }
  /** A stage of the plan is entered; those before it are over. Steps are told inside of stages. */
  | { readonly kind: 'stage'; readonly key: string }
  /** Something an operator wants to read now: a line the server logged, a retry, a flag raised. */
  | { readonly kind: 'note'; readonly level: 'info' | 'warning'; readonly text: string };

export interface PlannedStage {
  readonly key: string;
  /** For people, in a clause. */
  readonly text: string;
}

export type ProgressUnit = 'bytes' | 'files' | 'entries' | 'objects' | 'backends';

/** Receives events in the order in which they happen; must not throw and must return at once. */
export type ReportProgress = (event: ProgressEvent) => void;

/** What every long operation takes. */
export interface OperationContext {
  readonly signal?: AbortSignal | undefined;
  readonly report?: ReportProgress | undefined;
}
