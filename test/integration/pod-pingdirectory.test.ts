import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { isFailure } from '../../src/foundation/failure.ts';
import { Cluster } from '../../src/kubernetes/cluster.ts';
import { ClusterExec } from '../../src/kubernetes/cluster-exec.ts';
import { PodDirectoryServer } from '../../src/kubernetes/pod-directory-server.ts';
import { PodFiles } from '../../src/kubernetes/pod-files.ts';
import { PodToolHost } from '../../src/kubernetes/pod-tool-host.ts';
import { type ClusterDouble, startClusterDouble } from '../harness/cluster-double/cluster-double.ts';
import { type PingDirectoryDouble, startPingDirectoryDouble } from '../harness/pingdirectory-double/pingdirectory-double.ts';
import { realClock } from '../harness/real-clock.ts';
import { ldapServerAt } from '../harness/ldap-server.ts';

suite("PodDirectoryServer before PingDirectory's own program in its container", () => {
  let cluster: ClusterDouble;
  let double: PingDirectoryDouble;
  let server: PodDirectoryServer;
  let base: string;
  let here: string;
  const pin = 'a pin that nobody must see';

  before(async () => {
    [cluster, double] = await Promise.all([startClusterDouble(), startPingDirectoryDouble()]);
    base = path.join(double.folder, 'out/.rootcellar-0');
    here = path.join(double.folder, 'staging');
    await Promise.all([mkdir(path.dirname(base)), mkdir(here)]);
    await writeFile(path.join(double.folder, 'pin'), pin);
    const exec = new ClusterExec({ cluster: await Cluster.connect(cluster.kubeconfig), name: { namespace: 'directory', pod: 'ds-0' } });
    const retry = { attempts: 1, firstPauseMilliseconds: 1, longestPauseMilliseconds: 1 };
    const files = new PodFiles({ exec, base, clock: realClock, random: () => 0, retry });
    server = new PodDirectoryServer({
      server: ldapServerAt(double, {
        home: double.home,
        encryptionPinFile: path.join(double.folder, 'pin'),
        toolHost: new PodToolHost(files),
      }),
      files,
      staging: { folder: here, serverFolder: base },
    });
  });
  after(async () => {
    await server.close();
    await double[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  test('the encryption settings come out, are proven and go in again; the pin is in no command, and nothing stays', async () => {
    const there = path.join(base, 'ds-0/1/encryption-settings.export');
    const keys = await server.listEncryptionKeys();

    await server.exportEncryptionSettings(there);
    const proven = await server.proveEncryptionSettings(there);
    await server.importEncryptionSettings(there);

    assert.match(await readFile(path.join(here, 'ds-0/1/encryption-settings.export'), 'utf8'), /^sealed with 26 bytes of pin/);
    assert.deepEqual(proven, keys);
    assert.equal(keys.isKnown && keys.keys.length, 2);
    assert.ok(!JSON.stringify(cluster.commands).includes(pin));
    assert.deepEqual(await readdir(base), []);
  });

  test('a wrong pin is refused in the words of the program, and nothing stays', async () => {
    const there = path.join(base, 'ds-0/2/encryption-settings.export');
    await server.exportEncryptionSettings(there);
    await writeFile(path.join(double.folder, 'pin'), 'another pin');

    await assert.rejects(server.importEncryptionSettings(there), (error) => {
      assert.ok(isFailure(error, 'E_TOOL_FAILED'), String(error));
      assert.match(error.message, /ended with exit code 1 and says "The provided PIN is not the one that the file was exported with"$/);
      return true;
    });

    await writeFile(path.join(double.folder, 'pin'), pin);
    assert.deepEqual(await readdir(base), []);
  });

  test('a container without the program is told so', async () => {
    const program = path.join(double.home, 'bin/encryption-settings');
    cluster.behaviour.absent.add(program);

    await assert.rejects(server.listEncryptionKeys(), (error) => {
      assert.ok(isFailure(error, 'E_KUBERNETES_PROGRAM_MISSING'), String(error));
      assert.equal(
        error.message,
        `Cannot list the encryption settings: the container "directory" of the pod "ds-0" has no program ${program}`,
      );
      return true;
    });
    cluster.behaviour.absent.delete(program);
  });
});
