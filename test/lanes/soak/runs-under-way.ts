import { readdir, readFile } from 'node:fs/promises';

/** The process IDs of the runs that agents of this process have under way. Linux only (proc(5)). */
export async function runsUnderWay(): Promise<readonly number[]> {
  const found: number[] = [];
  for (const thread of await readdir('/proc/self/task')) {
    const children = await readFile(`/proc/self/task/${thread}/children`, 'utf8').catch(() => '');
    for (const pid of children.split(' ').filter(Boolean)) {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if (environment.includes('ROOTCELLAR_SUPERVISED=1')) found.push(Number(pid));
    }
  }
  return found;
}
