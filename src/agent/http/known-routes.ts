import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { KnownSnapshots } from '../overview/known-archive.ts';
import type { ApiParts } from './api-parts.ts';
import { apiSchemas, snapshotsQuery } from './api-schemas.ts';
import { json } from './route-tools.ts';
import type { Route } from './route.ts';

/** What the agent knows without asking: no process is begun for these answers, and the archive is not waited for. */
export function knownRoutes({ archive }: ApiParts): readonly Route[] {
  const bodies = new SnapshotBodies();
  return [
    {
      method: 'get',
      path: '/api/v1/overview',
      name: 'getOverview',
      summary: 'Whether what is archived protects the servers, why not, and how the archive grew',
      role: 'viewer',
      answer: { status: 200, summary: 'the overview', contentType: 'application/json', schema: 'Overview' },
      handle: () => json('Overview', archive.overview()),
    },
    {
      method: 'get',
      path: '/api/v1/snapshots',
      name: 'listSnapshots',
      summary:
        'The snapshots of the archive, the newest first, as "list --json" prints them and with what the agent knows besides; as they were read last, which the header ' +
        'X-Rootcellar-Read-At tells. With If-None-Match of the last answer: 304 while nothing changed',
      role: 'viewer',
      query: snapshotsQuery,
      answer: { status: 200, summary: 'the snapshots', contentType: 'application/json', schema: 'Snapshots' },
      otherAnswer: { status: 304, summary: 'nothing changed' },
      failures: { 503: 'the archive was never read, and does not answer, or its key is wrong' },
      handle: async ({ query, signal, headers: asked }) => {
        const { server } = snapshotsQuery.parse(query);
        const known = await archive.snapshots(signal);
        const { text, gzipped, tag } = bodies.of(known, server);
        const headers = { etag: tag, 'x-rootcellar-read-at': known.readAt.toISOString(), vary: 'accept-encoding' };
        if (wordsOf(asked.get('if-none-match')).includes(tag)) return new Response(null, { status: 304, headers });
        const typed = { ...headers, 'content-type': 'application/json' };
        if (!wordsOf(asked.get('accept-encoding')).includes('gzip')) return new Response(text, { headers: typed });
        return new Response(await gzipped(), { headers: { ...typed, 'content-encoding': 'gzip' } });
      },
    },
  ];
}

/** The words of a header that has several; those with a weight of their own are none of them. */
function wordsOf(header: string | null): readonly string[] {
  return (header ?? '').split(',').map((word) => word.trim());
}

interface Body {
  readonly text: string;
  /** A list of thousands is a megabyte, and a tenth of it so; made when it is first asked for. */
  readonly gzipped: () => Promise<Uint8Array<ArrayBuffer>>;
  /** Of the content, however it is coded: the same again when the same was read again. */
  readonly tag: string;
}

const mostServers = 20;

/** The answers of one state of the archive, each made once. */
class SnapshotBodies {
  #from: KnownSnapshots['snapshots'] | undefined;
  readonly #bodies = new Map<string | undefined, Body>();

  of({ snapshots }: KnownSnapshots, server: string | undefined): Body {
    if (snapshots !== this.#from || this.#bodies.size > mostServers) this.#bodies.clear();
    this.#from = snapshots;
    const body = this.#bodies.get(server) ?? bodyOf(snapshots.filter((one) => server === undefined || one.server === server));
    this.#bodies.set(server, body);
    return body;
  }
}

function bodyOf(snapshots: KnownSnapshots['snapshots']): Body {
  const text = JSON.stringify(apiSchemas.Snapshots.parse(snapshots));
  let gzipped: Promise<Uint8Array<ArrayBuffer>> | undefined;
  return {
    text,
    gzipped: () => (gzipped ??= promisify(gzip)(text).then((bytes) => new Uint8Array(bytes))),
    tag: `W/"${createHash('sha256').update(text).digest('base64url')}"`,
  };
}
