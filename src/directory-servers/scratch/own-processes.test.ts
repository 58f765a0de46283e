import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { realClock } from '../../../test/harness/real-clock.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { endProcessesOf, folderVariable, processesOf } from './own-processes.ts';

/** It takes the system a while to get so much memory back, and only then it closes what the process had open. */
const program = `
  globalThis.much = Buffer.alloc(600 * 1024 * 1024, 1);
  require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

test('endProcessesOf() resolves when the ports of what it killed are free again', async () => {
  await using home = await temporaryFolder();
  for (let round = 0; round < 5; round += 1) {
    const child = spawn(process.execPath, ['-e', program], {
      env: { [folderVariable]: home.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    assert.deepEqual(await processesOf(home.path), [child.pid]);

    await endProcessesOf(home.path, 'at-once', realClock);

    const server = createServer().listen(Number(line.toString()), '127.0.0.1');
    await once(server, 'listening');
    server.close();
  }
});
