import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { containerOf, isAlive, thisProcess } from './lease-holder.ts';

test('isAlive() knows this process', () => {
  assert.equal(isAlive(thisProcess('backup')), true);
});

test('isAlive() tells a process ID that was given again from the process that had it', () => {
  assert.equal(isAlive({ ...thisProcess('backup'), processBegan: '1' }), false);
});

test('isAlive() knows that a process of this machine has ended', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');

  assert.equal(isAlive({ ...thisProcess('backup'), processId: child.pid ?? 0 }), false);
});

test('isAlive() says nothing of another host or process space', () => {
  assert.equal(isAlive({ ...thisProcess('backup'), host: 'elsewhere' }), undefined);
  assert.equal(isAlive({ ...thisProcess('backup'), space: 'another' }), undefined);
});

// Lines as a kubelet's container has them; the fields are those of proc_pid_mountinfo(5).
const mounts = `
812 700 0:52 / / rw,relatime master:308 - overlay overlay rw,lowerdir=/var/lib/containerd/1/fs
815 812 0:55 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
821 812 8:1 /var/lib/kubelet/pods/6f1d2c1e-7d0e-4a51-9c39-0a1b2c3d4e5f/volumes/kubernetes.io~empty-dir/stage /stage rw,relatime - ext4 /dev/sda1 rw
822 812 8:1 /var/lib/kubelet/pods/6f1d2c1e-7d0e-4a51-9c39-0a1b2c3d4e5f/etc-hosts /etc/hosts rw,relatime - ext4 /dev/sda1 rw
823 812 8:1 /var/lib/kubelet/pods/6f1d2c1e-7d0e-4a51-9c39-0a1b2c3d4e5f/containers/backup/1f0c99aa /dev/termination-log rw,relatime - ext4 /dev/sda1 rw
`;

test('containerOf() names pod and container by the mount of the termination log, and nothing outside of a pod', () => {
  assert.equal(containerOf(mounts), '6f1d2c1e-7d0e-4a51-9c39-0a1b2c3d4e5f/backup');
  assert.equal(containerOf(mounts.replace(/^823.*$/m, '')), '');
});
