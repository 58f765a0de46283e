import { chmod, copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeOciArchive } from '../../../tools/image/oci-archive.ts';
import { cached } from '../test-cache.ts';
import { putBusybox } from './busybox-image.ts';
import { clusterProgramPath, kubernetesVersion } from './programs.ts';

/** What stands for `pingidentity/pingtoolkit` in pods of CronJobs: a shell and kubectl. */
export const kubectlImageName = `localhost/rootcellar-test/kubectl:${kubernetesVersion}`;

/** Its OCI archive. */
export async function kubectlImage(): Promise<string> {
  const folder = await cached({
    name: `image-kubectl-${kubernetesVersion}`,
    announcement: 'making an image of kubectl (about a second)',
    make: async (fresh) => {
      const root = path.join(fresh, 'root');
      await putBusybox(root);
      await copyFile(await clusterProgramPath('kubectl'), path.join(root, 'bin/kubectl'));
      await chmod(path.join(root, 'bin/kubectl'), 0o755);
      await writeOciArchive(path.join(fresh, 'image.tar'), {
        name: kubectlImageName,
        folder: root,
        epochSeconds: 0,
        user: '9031:0',
        entrypoint: [],
        command: ['sh'],
        environment: { PATH: '/bin', HOME: '/tmp' },
        labels: {},
        workingFolder: '/',
      });
      await rm(root, { recursive: true });
    },
  });
  return path.join(folder, 'image.tar');
}
