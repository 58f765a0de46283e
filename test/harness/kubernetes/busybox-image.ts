import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeOciArchive } from '../../../tools/image/oci-archive.ts';
import { runProgram } from '../run-program.ts';
import { cached } from '../test-cache.ts';
import { systemProgram } from './requirements.ts';

/** An image with a shell and the usual tools, and nothing to do: every node has it, and holds the namespaces of pods with it. */
export const pauseImage = 'localhost/rootcellar-test/busybox:1';

/** Its OCI archive. */
export async function busyboxImage(): Promise<string> {
  const folder = await cached({ name: 'image-busybox-1', announcement: 'making an image of busybox (about a second)', make });
  return path.join(folder, 'image.tar');
}

async function make(fresh: string): Promise<void> {
  const root = path.join(fresh, 'root');
  await putBusybox(root);
  await writeOciArchive(path.join(fresh, 'image.tar'), {
    name: pauseImage,
    folder: root,
    epochSeconds: 0,
    user: '65535:65535',
    entrypoint: ['/bin/busybox', 'sleep', '2147483647'],
    command: [],
    environment: { PATH: '/bin' },
    labels: {},
    workingFolder: '/',
  });
}

/** Lays busybox and a link for each of its tools into `bin` of this root, and an empty `tmp` for all. */
export async function putBusybox(root: string): Promise<void> {
  const busybox = await systemProgram('busybox');
  for (const name of ['bin', 'etc', 'tmp']) await mkdir(path.join(root, name), { recursive: true });
  await chmod(path.join(root, 'tmp'), 0o1777);
  await copyFile(busybox, path.join(root, 'bin/busybox'));
  for (const applet of (await runProgram(busybox, ['--list'])).split('\n').filter((name) => name !== '' && name !== 'busybox'))
    await symlink('busybox', path.join(root, 'bin', applet));
  await writeFile(path.join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n');
}
