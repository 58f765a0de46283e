import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { root } from '../../tools/run-tests.ts';

test(
  'npm run demo -- console shows a week of backups to whoever opens its URL, and Ctrl-C ends all of it',
  { timeout: 200_000 },
  async () => {
    const demo = spawn(process.execPath, [path.join(root, 'tools/demo.ts'), 'console'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(demo, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    let output = '';
    const told = new Promise<void>((resolve) => {
      for (const stream of [demo.stdout, demo.stderr]) {
        stream.setEncoding('utf8').on('data', (piece: string) => {
          output += piece;
          if (output.includes('Ctrl-C here')) resolve();
        });
      }
    });
    let url = '';
    try {
      await Promise.race([told, ended]);
      url = /The console is at (http:\S+)/.exec(output)?.[1] ?? '';
      assert.notEqual(url, '', output);
      await using browser = await startBrowser();
      await browser.page.goto(url);
      await browser.page.getByRole('heading', { level: 1 }).first().waitFor();
      const session = (await (await fetch(`${url}api/v1/session`)).json()) as { readonly role: string; readonly via: string };
      assert.deepEqual([session.role, session.via], ['restorer', 'anonymous']);
    } finally {
      demo.kill('SIGINT');
    }
    assert.deepEqual(await ended, [130, null]);
    await assert.rejects(fetch(url), 'nobody listens any more');
    const [, folder = ''] = /source (\S+)\/environment\.sh/.exec(output) ?? [];
    assert.ok(folder !== '' && !existsSync(folder), folder);
  },
);
