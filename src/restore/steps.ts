import type { ManifestBackend, ManifestExport } from '../domain/manifest.ts';

/** What of a set is restored: the database files that the server backed up, or the entries of its LDIF export. */
export type RestoreSource = 'backup' | 'export';

/** One thing that a restore does. Each can be done again when it was cut off: doing it twice comes to the same. */
export type RestoreStep =
  | { readonly kind: 'fetch' }
  /** A restore that was cut off by the server's end leaves its backend disabled, and the server restores none such. */
  | { readonly kind: 'enable-backend'; readonly backend: string }
  /** The server's own check of each backup; nothing is changed. */
  | { readonly kind: 'check-backups' }
  /** Every entry of each export is read; nothing is changed. */
  | { readonly kind: 'check-exports' }
  | { readonly kind: 'fence'; readonly replica: string }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'import-encryption-settings'; readonly file: string }
  | {
      readonly kind: 'restore-backend';
      readonly backend: ManifestBackend;
      /** The export that is imported; undefined where the backup is restored. */
      readonly from?: ManifestExport | undefined;
      readonly entriesNow: number | undefined;
      readonly entriesInSet: number | undefined;
    }
  | { readonly kind: 'prove' }
  | { readonly kind: 'initialize'; readonly replica: string }
  /** All at the same time, instead of one by one. */
  | { readonly kind: 'initialize-all' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'prove-replica'; readonly replica: string }
  | { readonly kind: 'unfence'; readonly replica: string };

export type RestoreBackendStep = Extract<RestoreStep, { kind: 'restore-backend' }>;

/** What a journal knows a step by: the same in each run of the same restore. */
export function keyOf(step: RestoreStep): string {
  switch (step.kind) {
    case 'fetch':
    case 'check-backups':
    case 'check-exports':
    case 'suspend':
    case 'prove':
    case 'resume':
      return step.kind;
    case 'initialize-all':
      return 'initialize all';
    case 'enable-backend':
      return `enable ${step.backend}`;
    case 'import-encryption-settings':
      return 'import encryption settings';
    case 'restore-backend':
      return `restore ${step.backend.id}`;
    case 'fence':
    case 'initialize':
    case 'unfence':
      return `${step.kind} ${step.replica}`;
    case 'prove-replica':
      return `prove ${step.replica}`;
  }
}

/** Whether the step changes something on a server. */
export function isChanging({ kind }: RestoreStep): boolean {
  return !['fetch', 'check-backups', 'check-exports', 'prove', 'prove-replica'].includes(kind);
}
