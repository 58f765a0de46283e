import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { buildInto } from '../../tools/build-into.ts';
import { agentArchive } from '../harness/agent-archive.ts';
import { freePort } from '../harness/free-port.ts';
import { runProgram } from '../harness/run-program.ts';
import { startServerProcess } from '../harness/server-process.ts';
import { temporaryFolder, type TemporaryFolder } from '../harness/temporary-folder.ts';

suite('the bundle, which the package and the image hold', () => {
  let folder: TemporaryFolder;
  const at = (...names: string[]): string => path.join(folder.path, ...names);
  before(async () => {
    folder = await temporaryFolder('bundle');
    const built = await buildInto(at('dist'));
    assert.ok(built?.packagesOfConsole.includes('preact'));
    for (const name of ['package.json', 'bin']) await cp(path.join(import.meta.dirname, '../..', name), at(name), { recursive: true });
  });
  after(() => folder.remove());

  test('reads a configuration file, whose parser it loads only then', async () => {
    await writeFile(at('rootcellar.yaml'), 'archive: s3://bucket/path\nagent:\n  jitter: 1m\n');

    const shown = await runProgram(process.execPath, [
      at('bin/rootcellar.mjs'),
      '--config',
      at('rootcellar.yaml'),
      'config',
      'show',
      '--set',
    ]);

    assert.match(shown, /^archive +s3:\/\/bucket\/path +.*rootcellar\.yaml:1/m);
    assert.match(shown, /^agent\.jitter +1m/m);
  });

  test('has the console, which its agent serves', async () => {
    await mkdir(at('archive'));
    const { environment } = await agentArchive(at('archive'));
    const port = await freePort();
    const agent = await startServerProcess({
      program: process.execPath,
      arguments: [at('bin/rootcellar.mjs'), 'agent'],
      environment: {
        ...environment,
        HOME: at('archive'),
        ROOTCELLAR_AGENT_LISTEN: `127.0.0.1:${port}`,
        ROOTCELLAR_AGENT_CATCH_UP: 'false',
      },
      ready: { ports: [port] },
    });
    try {
      const html = await (await fetch(`http://127.0.0.1:${port}/overview`, { headers: { accept: 'text/html' } })).text();
      const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(html) ?? [];
      const response = await fetch(`http://127.0.0.1:${port}${script}`, { headers: { 'accept-encoding': 'br' } });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-encoding'), 'br');
      assert.ok((await response.text()).length > 5000);
    } finally {
      await agent.stop();
    }
  });

  test('names the licence of each package that is in the program or in the console', async () => {
    const licenses = await readFile(at('dist/third-party-licenses.txt'), 'utf8');
    for (const title of [/^hono [\d.]+ \(MIT\)$/m, /^preact [\d.]+ \(MIT\)$/m, /^@preact\/signals [\d.]+ \(MIT\)$/m])
      assert.match(licenses, title);
    const names = await readdir(at('dist/web'));
    assert.ok(names.includes('index.html'));
    assert.deepEqual(
      names.filter((name) => name.startsWith('.')),
      [],
    );
  });
});
