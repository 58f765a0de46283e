import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The engine lets buffers pile up to 64 MiB a thread before it looks; by then new ones are cold memory, and the process is twice as large. */
const bytesBetween = 8 * 1024 * 1024;

/** Returns a function to be told of bytes of buffers that were let go; it has the young ones collected now and then, which takes a fraction of a millisecond. */
export function garbageCollector(): (bytes: number) => void {
  let collect: Collect | undefined;
  let sum = 0;
  return (bytes) => {
    sum += bytes;
    if (sum < bytesBetween) return;
    sum = 0;
    collect ??= exposed();
    collect({ type: 'minor' });
  };
}

type Collect = (options: { readonly type: 'minor' }) => void;

/** Only when it is needed: the context that it is taken from costs some milliseconds. */
function exposed(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
