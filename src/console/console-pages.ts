import type { Pages } from '../agent/http/pages.ts';
import { readConsole, type Coding, type ConsoleFile } from './console-file.ts';
import { consoleFolder } from './console-folder.ts';
import { pageHeaders } from './page-headers.ts';

/**
 * Opens the console: its files are read once, and served from memory until the program ends.
 *
 * A path of the console that is no file is one of its pages, which its script draws: a GET that asks for HTML gets `index.html` there, and at `/` any GET. Where the
 * console was not built, as in a checkout of the sources, one sentence says so in its place.
 */
export async function openConsole(folder = consoleFolder): Promise<Pages> {
  const files = await readConsole(folder);
  return { answer: (request) => answer(files, request) };
}

/** What is never a page, even when a browser asks for one: these paths belong to others. */
const others = /^\/(api|healthz|readyz|metrics|sign-in\/oidc)(\/|$)/;

function answer(files: ReadonlyMap<string, ConsoleFile>, request: Request): Response | undefined {
  const { pathname } = new URL(request.url);
  if ((request.method !== 'GET' && request.method !== 'HEAD') || others.test(pathname)) return undefined;
  const file = files.get(pathname);
  if (file !== undefined) return serve(file, request);
  // A file, perhaps of an older console, which a page still open asks for: no page can stand for it.
  if (/^\/(assets\/.*|[^/]*\.\w+)$/.test(pathname) || (pathname !== '/' && !acceptsHtml(request))) return undefined;
  const index = files.get('/index.html');
  return index === undefined ? notBuilt() : serve(index, request);
}

function serve(file: ConsoleFile, request: Request): Response {
  const coding = codingFor(request.headers.get('accept-encoding') ?? '', file);
  const etag = `"${file.digest}${coding === undefined ? '' : `-${coding}`}"`;
  const headers = {
    ...pageHeaders,
    'content-type': file.contentType,
    'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
    etag,
  };
  if (isKnown(request.headers.get('if-none-match'), file.digest)) return new Response(undefined, { status: 304, headers });
  const body = (coding === undefined ? undefined : file.coded.get(coding)) ?? file.bytes;
  return new Response(body, {
    headers: { ...headers, 'content-length': `${body.length}`, ...(coding !== undefined && { 'content-encoding': coding }) },
  });
}

/** The best coding that the client takes and the build made. */
function codingFor(accepted: string, { coded }: ConsoleFile): Coding | undefined {
  const isTaken = (name: Coding): boolean =>
    accepted.split(',').some((part) => {
      const [token = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
      return (token === name || token === '*') && !parameters.some((text) => /^q=0(\.0*)?$/.test(text));
    });
  return (['br', 'gzip'] as const).find((name) => coded.has(name) && isTaken(name));
}

/** Whether the client has this content, in whichever coding it got it. */
function isKnown(ifNoneMatch: string | null, digest: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.some((tag) => tag === '*' || new RegExp(`^"${digest}(-br|-gzip)?"$`).test(tag));
}

function acceptsHtml(request: Request): boolean {
  return /(^|,)\s*text\/html\s*(;|,|$)/i.test(request.headers.get('accept') ?? '');
}

function notBuilt(): Response {
  const text =
    'Cannot show the console: this program was started from its sources, and the console is not built; run "npm run build:web", then start the agent again\n';
  return new Response(text, {
    status: 503,
    headers: { ...pageHeaders, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
}
