import { programPath } from '../parts.ts';
import { busyboxImage } from './busybox-image.ts';
import { opendjImage } from './opendj-image.ts';
import { clusterProgramPaths } from './programs.ts';
import { whyNoCluster } from './requirements.ts';
import { rootcellarImage } from './rootcellar-image.ts';

/**
 * Gets all that the lane runs into the cache, before its tests, so that the minutes it may take are announced and do not count as a test's.
 *
 * @throws {Error} when this machine cannot run a cluster: which is said in one sentence, with how to go without.
 */
export async function prepareCluster(): Promise<void> {
  const reason = await whyNoCluster();
  if (reason !== undefined) throw new Error(`${reason}. To go without: ROOTCELLAR_TEST_KUBERNETES=skip`);
  await clusterProgramPaths();
  for (const name of ['helm', 'helm4'] as const) await programPath(name);
  await busyboxImage();
  await opendjImage();
  await rootcellarImage();
}
