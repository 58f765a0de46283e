import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { serveAgent, type ServedAgent } from '../../test/harness/agent-api.ts';
import { temporaryFolder, type TemporaryFolder } from '../../test/harness/temporary-folder.ts';
import { openConsole } from './console-pages.ts';

const script = 'console.log("the console");\n'.repeat(50);
const index = '<!doctype html><title>rootcellar</title>';
const html = 'text/html,application/xhtml+xml,*/*;q=0.8';

let place: TemporaryFolder;
let folder: string;
let served: ServedAgent;
before(async () => {
  place = await temporaryFolder('console');
  folder = path.join(place.path, 'web');
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  const files: Record<string, string | Uint8Array> = {
    'index.html': index,
    'index.html.br': brotliCompressSync(index),
    'assets/index-Ab1.js': script,
    'assets/index-Ab1.js.br': brotliCompressSync(script),
    'assets/index-Ab1.js.gz': gzipSync(script),
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    '.sources': 'a digest',
    '.licenses.json': '[]',
    'notes.txt': 'of no kind that the build makes',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
  served = await serveAgent({ pages: await openConsole(folder) });
});
after(async () => {
  await served[Symbol.asyncDispose]();
  await place.remove();
});

/** Unlike fetch, node:http shows what went over the wire: no coding is undone. */
async function ask(asked: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.request(`${served.api.address}${asked}`, { method, headers, agent: false }, resolve).on('error', reject).end();
  });
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(pieces) };
}

suite('openConsole()', () => {
  test('serves index.html at each page of the console, which a browser asks for anew every time', async () => {
    for (const page of ['/', '/overview', '/archive/1f2e?compare=3d', '/sign-in', '/apiary', '/entries/uid=user.0']) {
      const { status, headers, bytes } = await ask(page, { accept: html });
      assert.equal(status, 200, page);
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
      assert.equal(headers['cache-control'], 'no-cache');
      assert.equal(bytes.toString(), index);
    }
  });

  test('serves a file with a hash in its name for good, in the best coding that the client takes', async () => {
    const plain = await ask('/assets/index-Ab1.js');
    assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.bytes.toString(), script);
    const best = await ask('/assets/index-Ab1.js', { 'accept-encoding': 'gzip, deflate, br, zstd' });
    assert.equal(best.headers['content-encoding'], 'br');
    assert.equal(brotliDecompressSync(best.bytes).toString(), script);
    const second = await ask('/assets/index-Ab1.js', { 'accept-encoding': 'br;q=0, GZIP;q=0.5' });
    assert.equal(second.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(second.bytes).toString(), script);
    for (const { headers } of [plain, best, second]) assert.equal(headers.vary, 'accept-encoding');
    assert.equal(new Set([plain, best, second].map(({ headers }) => headers.etag)).size, 3);
  });

  test('answers 304 to who has the content already, and 200 to who has another', async () => {
    const { headers } = await ask('/', { accept: html, 'accept-encoding': 'br' });
    for (const tag of [headers.etag ?? '', `W/${headers.etag}`, `"another", ${headers.etag}`, '*']) {
      const again = await ask('/', { accept: html, 'if-none-match': tag });
      assert.equal(again.status, 304, tag);
      assert.equal(again.bytes.length, 0);
      assert.equal(again.headers['cache-control'], 'no-cache');
    }
    assert.equal((await ask('/', { accept: html, 'if-none-match': '"another"' })).status, 200);
  });

  test('answers HEAD as GET, without the content', async () => {
    const { status, headers, bytes } = await ask('/assets/index-Ab1.js', { 'accept-encoding': 'br' }, 'HEAD');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(bytes.length, 0);
  });

  test('lets nothing run or come from elsewhere, nor the API answer with less than before', async () => {
    const page = await ask('/', { accept: html });
    const policy = String(page.headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.match(policy, /frame-ancestors 'none'; require-trusted-types-for 'script'/);
    assert.equal(page.headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(page.headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(page.headers['referrer-policy'], 'no-referrer');
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    const api = await ask('/healthz');
    assert.equal(api.headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
    assert.equal(api.headers['cache-control'], 'no-store');
  });

  test('leaves to the API what is its own, even when a browser asks', async () => {
    const unknown = await ask('/api/v1/nothing', { accept: html });
    assert.equal(unknown.status, 401);
    assert.match(unknown.bytes.toString(), /E_AGENT_TOKEN/);
    for (const asked of ['/metrics/', '/readyz/x', '/sign-in/oidc/x'])
      assert.equal((await ask(asked, { accept: html })).status, 404, asked);
    assert.equal((await ask('/overview', { accept: html }, 'POST')).status, 404);
  });

  test('has no page for a file that is not there, nor for a program that does not ask for HTML', async () => {
    for (const asked of [
      '/assets/index-Old.js',
      '/assets/',
      '/favicon.ico',
      '/notes.txt',
      '/.sources',
      '/.licenses.json',
      '/index.html.br',
    ])
      assert.equal((await ask(asked, { accept: html })).status, 404, asked);
    for (const accept of ['*/*', 'application/json', 'text/htmlx']) assert.equal((await ask('/overview', { accept })).status, 404, accept);
    // The way in, by whatever looks whether it is there.
    assert.equal((await ask('/', { accept: '*/*' })).status, 200);
  });

  test('serves nothing from outside of its folder', async () => {
    await writeFile(path.join(folder, '../secret.js'), 'secret');
    for (const asked of [
      '/../secret.js',
      '/%2e%2e/secret.js',
      '/assets/..%2f..%2fsecret.js',
      '/assets%5c..%5c..%5csecret.js',
      '//etc/passwd.js',
    ])
      assert.doesNotMatch((await ask(asked, { accept: html })).bytes.toString(), /^secret/, asked);
  });

  test('says what to do where the console was not built', async () => {
    const pages = await openConsole(path.join(folder, 'absent'));
    const answer = pages.answer(new Request('http://127.0.0.1/', { headers: { accept: html } }));
    assert.equal(answer?.status, 503);
    assert.equal(
      await answer.text(),
      'Cannot show the console: this program was started from its sources, and the console is not built; run "npm run build:web", then start the agent again\n',
    );
    assert.equal(pages.answer(new Request('http://127.0.0.1/x.js')), undefined);
  });
});

test('an agent without the console has no page', async () => {
  await using without = await serveAgent();
  const response = await fetch(without.api.address, { headers: { accept: html } });
  assert.equal(response.status, 404);
  assert.match(await response.text(), /E_AGENT_REQUEST/);
});
