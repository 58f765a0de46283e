import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { failureFrom, isAbort, type ApiFailure } from '../../api/api-failure.ts';
import { pageSize, readAudit, type AuditEntry } from './audit-entries.ts';

export interface Audit {
  readonly entries: readonly AuditEntry[];
  readonly failure: ApiFailure | undefined;
  readonly isLoading: boolean;
  /** There may be older ones. */
  readonly hasMore: boolean;
  readonly readOlder: () => void;
  readonly readAnew: () => void;
}

/** The audit as far as it was asked for: the newest first, older ones on demand. */
export function useAudit(): Audit {
  const [entries, setEntries] = useState<readonly AuditEntry[]>([]);
  const [failure, setFailure] = useState<ApiFailure>();
  const [isLoading, setIsLoading] = useState(true);
  const [hasMore, setHasMore] = useState(false);
  const stop = useRef<AbortController>(undefined);
  const read = useCallback(async (known: readonly AuditEntry[]): Promise<void> => {
    stop.current?.abort();
    const own = new AbortController();
    stop.current = own;
    setIsLoading(true);
    setFailure(undefined);
    try {
      const more = await readAudit(known.at(-1)?.id, { signal: own.signal });
      const ids = new Set(known.map(({ id }) => id));
      setEntries([...known, ...more.filter(({ id }) => !ids.has(id))]);
      setHasMore(more.length === pageSize);
    } catch (error) {
      if (own.signal.aborted || isAbort(error)) return;
      setFailure(failureFrom(error));
    }
    setIsLoading(false);
  }, []);
  useEffect(() => {
    void read([]);
    return () => stop.current?.abort();
  }, [read]);
  return { entries, failure, isLoading, hasMore, readOlder: () => void read(entries), readAnew: () => void read([]) };
}
