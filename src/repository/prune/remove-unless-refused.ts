import { isFailure, type Failure } from '../../foundation/failure.ts';

/** Removes something; resolves to false, and tells, where the store does not let it go. */
export async function removeUnlessRefused(
  { onRefused }: { readonly onRefused: (refusal: Failure) => void },
  remove: () => Promise<void>,
): Promise<boolean> {
  try {
    await remove();
    return true;
  } catch (error) {
    if (!isRefusedRemoval(error)) throw error;
    onRefused(error);
    return false;
  }
}

/** Tells whether a failure says that something may not be removed, now or by this account: then it is left, and all else goes on. */
function isRefusedRemoval(error: unknown): error is Failure {
  return isFailure(error, 'E_ACCESS_DENIED') || isFailure(error, 'E_OBJECT_LOCKED');
}
