import { programPath } from '../parts.ts';
import { busyboxImage } from './busybox-image.ts';
import { opendjImage } from './opendj-image.ts';
import { clusterProgramPaths } from './programs.ts';
import { whyNoCluster } from './requirements.ts';
import { rootcellarImage } from './rootcellar-image.ts';

/**
 * Gets all that the lane runs into the cache, before its tests, so that the minutes it may take are announced and do not count as a test's.
 * Returns why this machine cannot run it, in one sentence with how to go without; undefined when it can.
 *
 * @throws {Error} when something cannot be built, with the builder's words.
 */
export async function prepareCluster(): Promise<string | undefined> {
  const reason = await whyNoCluster();
  if (reason !== undefined) return `${reason}; to go without, set ROOTCELLAR_TEST_KUBERNETES=skip`;
  await clusterProgramPaths();
  for (const name of ['helm', 'helm4'] as const) await programPath(name);
  await busyboxImage();
  await opendjImage();
  await rootcellarImage();
  return undefined;
}
