import type { OperationContext } from '../foundation/progress.ts';
import type { PodName } from './pod-state.ts';

/** What `doctor` tries of the server's pod. Calls reject as `pod-exec.ts` and `pod-files.ts` say. */
export interface PodProbe {
  readonly name: PodName;
  /** In the container: the folder of ours. */
  readonly folder: string;
  /** What the account lacks of what is needed: `create pods/exec`; empty when it may do all. Nothing is done for it. */
  missingRights(options?: OperationContext): Promise<readonly string[]>;
  /** For people: which container, and since when it runs. */
  describe(options?: OperationContext): Promise<string>;
  /** Sends a small file to the folder, brings it back and removes it there. */
  exchangeFile(options?: OperationContext): Promise<void>;
  /** Bytes free in the folder's volume, where the container tells. */
  freeBytes(options?: OperationContext): Promise<number | undefined>;
}
