import type { ComponentChildren } from 'preact';
import type { Resource } from '../api/use-resource.ts';
import { FailureNote } from './failure-note.tsx';
import { Loading } from './loading.tsx';

/** What was asked for, once it is there; while it is not, that; and above it what went wrong when it was asked for last. */
export function ResourceView<Value>({
  of,
  what,
  children,
}: {
  readonly of: Resource<Value>;
  /** `the snapshots`. */
  readonly what: string;
  readonly children: (value: Value) => ComponentChildren;
}) {
  return (
    <>
      <FailureNote failure={of.failure} onRetry={of.reload} />
      {of.value === undefined ? of.failure === undefined ? <Loading what={what} /> : null : children(of.value)}
    </>
  );
}
